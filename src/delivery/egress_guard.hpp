#pragma once

/// @file
/// Where a webhook may go: public addresses only, unless the provider allows a network; unencrypted to such a network
/// only. Judges addresses, never names: what a name resolves to can change between a check and a connection. Pure.
/// Private to delivery.

#include "winnow/base/network.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace winnow::delivery {

/// Immutable, thread-safe.
class EgressGuard {
public:
    /// @param allow networks that may be called although they are denied by default. Throws std::invalid_argument where
    /// one is not a network.
    explicit EgressGuard(const std::vector<std::string>& allow);

    [[nodiscard]] bool allows(const IpAddress& address) const noexcept;

    /// Whether it may be called without TLS: the provider has named its network.
    [[nodiscard]] bool allows_plain(const IpAddress& address) const noexcept;

    /// As allows_plain() for what stands as host in a URL: an address, with brackets where they belong. A name passes
    /// where there is any network at all; the address that it leads to is judged when it is called.
    [[nodiscard]] bool may_allow_plain(std::string_view host) const noexcept;

    /// As allows() for what stands as host in a URL with TLS: a name passes.
    [[nodiscard]] bool may_allow(std::string_view host) const noexcept;

private:
    std::vector<Network> denied_;
    std::vector<Network> allowed_;
};

}  // namespace winnow::delivery
