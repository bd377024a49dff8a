#pragma once

/// @file
/// ports::Fetcher through the egress guard.

#include "winnow/delivery/channel.hpp"
#include "winnow/ports/signin/fetcher.hpp"

#include <cstddef>
#include <memory>

namespace winnow::delivery {

inline constexpr std::size_t kMostFetches = 256;  ///< Under way at once on a node.
inline constexpr std::size_t kMostFetchesOfTenant = 8;

/// On one thread of its own, with the authorities, networks and time limits of webhooks. The destructor ends what is
/// under way with `unavailable`. Throws std::invalid_argument where an entry of `egress_allow` is not a network,
/// std::runtime_error where libcurl does not start.
[[nodiscard]] std::unique_ptr<ports::Fetcher> make_fetcher(const DeliveryOptions& options);

}  // namespace winnow::delivery
