#pragma once

/// @file
/// IP addresses and networks, as people write them. Pure.

#include "winnow/base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace winnow {

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

/// An address in the one form that texts are compared in: an IPv4-mapped one as the IPv4 address that it stands for.
/// What is no address, as it is.
[[nodiscard]] std::string canonical_address(std::string_view text);

/// An IPv4-mapped address, ::ffff:192.0.2.1, as the IPv4 address that it stands for; any other as it is.
[[nodiscard]] IpAddress unmapped(const IpAddress& address) noexcept;

struct Network {
    IpAddress base;  ///< Bits after the prefix are zero.
    std::size_t prefix = 0;

    /// Of its own family only: an IPv4 network holds no IPv4-mapped address.
    [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
    friend bool operator==(const Network&, const Network&) = default;
};

/// "10.0.0.0/8", "fd00::/8", or one address. An Error (`invalid_argument`) quotes the text and says what would be
/// right.
[[nodiscard]] Result<Network> parse_network(std::string_view text);
/// "10.0.0.0/8"; of one address "10.1.2.3/32".
[[nodiscard]] std::string to_string(const Network& network);

/// A network of IPv4-mapped addresses as the IPv4 network that it stands for; any other as it is.
[[nodiscard]] Network unmapped(const Network& network) noexcept;

[[nodiscard]] bool is_in(std::span<const Network> networks, const IpAddress& address) noexcept;

}  // namespace winnow
