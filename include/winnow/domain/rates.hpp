#pragma once

/// @file
/// How fast a tenant and each of its credentials may ask and send on a node. Configurable (config/winnow.yaml,
/// `tenants.rates:`), and by the provider for one tenant.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace winnow::domain {

/// What is counted apart from the rest. Stored by word: never rename one.
enum class RateClass : std::uint8_t {
    ingest,  ///< Alerts; where they are longer than 4 KiB on average, 4 KiB of a body count as one.
    read,    ///< Requests that change nothing, and their milliseconds of processor time beyond the first.
    write,   ///< Requests that may change something.
    heavy,   ///< Milliseconds of processor time of analyses (tests of rules, lint, previews, CSV …).
};
inline constexpr std::size_t kRateClasses = 4;

struct RateClassWord {
    RateClass kind;
    std::string_view word;
};
inline constexpr std::array<RateClassWord, kRateClasses> kRateTable{{{RateClass::ingest, "ingest"},
                                                                     {RateClass::read, "read"},
                                                                     {RateClass::write, "write"},
                                                                     {RateClass::heavy, "heavy"}}};
[[nodiscard]] constexpr std::string_view to_string(RateClass kind) noexcept
{
    return kRateTable[static_cast<std::size_t>(kind)].word;
}

inline constexpr std::int64_t kMostRate = 1'000'000'000;  ///< Of either number.

/// `rate` units a second on average, `burst` at once. 0 of either: closed.
struct RateLimit {
    std::int64_t rate = 0;
    std::int64_t burst = 0;
    friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

/// A node's.
struct RateLimits {
    std::array<RateLimit, kRateClasses> tenant{{{5'000, 30'000}, {50, 200}, {20, 100}, {400, 4'000}}};  ///< By class.
    RateLimit failed_logins{5, 50};  ///< Look-ups of keys that were not found, of one address (IPv6: of a /64).
    RateLimit sign_ins{10, 60};      ///< Requests of signing in, whatever comes of them, of one address likewise.

    [[nodiscard]] RateLimit& of(RateClass kind) { return tenant[static_cast<std::size_t>(kind)]; }
    [[nodiscard]] const RateLimit& of(RateClass kind) const { return tenant[static_cast<std::size_t>(kind)]; }
};

/// A tenant's own, of what was not left as the node has it.
struct RateOverrides {
    struct Override {
        std::optional<std::int64_t> rate;
        std::optional<std::int64_t> burst;
        friend bool operator==(const Override&, const Override&) = default;
    };
    std::array<Override, kRateClasses> tenant{};  ///< By class.

    [[nodiscard]] Override& of(RateClass kind) { return tenant[static_cast<std::size_t>(kind)]; }
    [[nodiscard]] const Override& of(RateClass kind) const { return tenant[static_cast<std::size_t>(kind)]; }
    [[nodiscard]] bool empty() const { return *this == RateOverrides{}; }
    friend bool operator==(const RateOverrides&, const RateOverrides&) = default;
};

/// What holds for a tenant.
[[nodiscard]] inline RateLimit limit_of(const RateLimits& limits, const RateOverrides* own, RateClass kind)
{
    auto limit = limits.of(kind);
    if (own == nullptr) return limit;
    limit.rate = own->of(kind).rate.value_or(limit.rate);
    limit.burst = own->of(kind).burst.value_or(limit.burst);
    return limit;
}

}  // namespace winnow::domain
