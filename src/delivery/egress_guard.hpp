#pragma once

/// @file
/// Where a webhook may go: public addresses only, unless the provider allows a network; unencrypted to such a network
/// only. Judges addresses, never names: what a name resolves to can change between a check and a connection. Pure.
/// Private to delivery.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::delivery {

/// An IPv4 or IPv6 address in network order; IPv4 fills the first four bytes.
struct IpAddress {
    enum class Family : std::uint8_t { v4, v6 };
    Family family = Family::v4;
    std::array<std::uint8_t, 16> bytes{};

    [[nodiscard]] std::size_t bits() const noexcept { return family == Family::v4 ? 32 : 128; }
    friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

/// Dotted quad or RFC 4291 text; no zone, no brackets, no port, no short forms such as "127.1".
[[nodiscard]] std::optional<IpAddress> parse_address(std::string_view text);
[[nodiscard]] std::string to_string(const IpAddress& address);

struct Network {
    IpAddress base;  ///< Bits after the prefix are zero.
    std::size_t prefix = 0;

    [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
};

/// "10.0.0.0/8", "fd00::/8", or one address. Throws std::invalid_argument that names the text and what would be right.
[[nodiscard]] Network parse_network(std::string_view text);

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
