#pragma once

/// @file
/// ports::Fetcher through the egress guard.

#include "winnow/delivery/channel.hpp"
#include "winnow/ports/signin/fetcher.hpp"

#include <cstddef>
#include <memory>

namespace winnow::delivery {

/// Under way at once on a node, and of one tenant: no fewer than requests wait for providers (api::ProviderWaits), each
/// for one fetch at most. What goes beyond is refused at once, and a right sign-in with it.
inline constexpr std::size_t kMostFetches = 1'024;
inline constexpr std::size_t kMostFetchesOfTenant = 32;

/// On one thread of its own, with the authorities, networks and time limits of webhooks. The destructor ends what is
/// under way with `unavailable`. Throws std::invalid_argument where an entry of `egress_allow` is not a network,
/// std::runtime_error where libcurl does not start.
[[nodiscard]] std::unique_ptr<ports::Fetcher> make_fetcher(const DeliveryOptions& options);

}  // namespace winnow::delivery
