#pragma once

/// @file
/// Who a request is from, where proxies stand in between. Pure.

#include "winnow/base/result.hpp"
#include "winnow/http/message.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::http {

/// An IP network; IPv4 is held as IPv4-mapped IPv6.
class Network {
public:
    /// "10.0.0.0/8", "2001:db8::/32", or one address.
    [[nodiscard]] static std::optional<Network> parse(std::string_view text);

    /// False where `address` is not an IP address.
    [[nodiscard]] bool contains(std::string_view address) const;

private:
    std::array<std::uint8_t, 16> prefix_{};
    unsigned bits_ = 128;
};

[[nodiscard]] bool is_any_of(std::span<const Network> networks, std::string_view address);

/// The address of the last hop that is not one of `trusted`, from X-Forwarded-For where `peer` is trusted; else `peer`.
[[nodiscard]] std::string client_address(const std::string& peer, std::span<const Header> headers,
                                         std::span<const Network> trusted);

}  // namespace winnow::http
