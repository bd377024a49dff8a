#pragma once

/// @file
/// Whose connections count as one party's. Pure.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace winnow::http {

/// An IPv4 address, or the /64 of an IPv6 address: a customer is given that much at least, and may use any address of
/// it.
class Prefix {
public:
    constexpr Prefix() noexcept = default;

    /// Of "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1" (as IPv4) or "fe80::1%eth0"; nullopt for anything else.
    [[nodiscard]] static std::optional<Prefix> of(std::string_view address);

    /// No two parties have the same: an IPv4 address stands where IPv6 has its reserved block ::/8.
    [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }

    friend constexpr auto operator<=>(const Prefix&, const Prefix&) noexcept = default;

private:
    std::uint64_t bits_ = 0;
};

}  // namespace winnow::http

template <>
struct std::hash<winnow::http::Prefix> {
    std::size_t operator()(const winnow::http::Prefix& prefix) const noexcept
    {
        return std::hash<std::uint64_t>{}(prefix.bits());
    }
};
