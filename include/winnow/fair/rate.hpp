#pragma once

/// @file
/// How fast something may come: a token bucket as one time (the generic cell rate algorithm). Pure: who owns one locks
/// it, and brings the time.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace winnow::fair {

/// So many units a second, and so many at once. Where either is 0, nothing may.
struct Rate {
    static constexpr std::int64_t kMost = 1'000'000'000;

    std::int64_t per_second = 0;  ///< 0 to kMost.
    std::int64_t burst = 0;       ///< 0 to kMost.

    [[nodiscard]] constexpr bool is_closed() const noexcept { return per_second <= 0 || burst <= 0; }

    /// In how long `units` become free. Not of a closed rate.
    [[nodiscard]] constexpr std::chrono::nanoseconds time_of(std::int64_t units) const noexcept
    {
        constexpr std::int64_t kSecond = 1'000'000'000;
        return std::chrono::nanoseconds(std::clamp(units, -kMost, kMost) * kSecond / per_second);
    }

    friend constexpr bool operator==(const Rate&, const Rate&) = default;
};

/// A full bucket holds `burst` units, and fills at `per_second`. All that is kept is when it is full again, so one that
/// is full needs not be kept. Costs that are known only afterwards make debts.
class RateBucket {
public:
    using Instant = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::nanoseconds;

    /// No debt outlasts this: what went wrong once must not shut anybody out for hours.
    static constexpr Duration kLongestDebt = std::chrono::seconds{60};

    /// How long until `cost` is there; nullopt: it is now. What is dearer than a whole burst needs a full bucket. Of a
    /// closed rate: kLongestDebt, as long as it is closed.
    [[nodiscard]] std::optional<Duration> refusal(const Rate& rate, std::int64_t cost, Instant now) const noexcept
    {
        if (rate.is_closed()) return kLongestDebt;
        const auto missing = full_at_ - now + rate.time_of(std::min(cost, rate.burst)) - rate.time_of(rate.burst);
        return missing > Duration{0} ? std::optional(missing) : std::nullopt;
    }

    /// Takes `cost`, whether it is there or not; below 0 it is given back.
    void charge(const Rate& rate, std::int64_t cost, Instant now) noexcept
    {
        if (rate.is_closed()) return;
        full_at_ = std::max(full_at_, now) + rate.time_of(cost);
        full_at_ = std::min(full_at_, now + rate.time_of(rate.burst) + kLongestDebt);
    }

    /// What is there, 0 to `burst`.
    [[nodiscard]] std::int64_t left(const Rate& rate, Instant now) const noexcept
    {
        if (rate.is_closed()) return 0;
        constexpr std::int64_t kSecond = 1'000'000'000;
        const auto missing = std::clamp<Duration>(full_at_ - now, Duration{0}, rate.time_of(rate.burst));
        return rate.burst - (missing.count() * rate.per_second + kSecond - 1) / kSecond;
    }

    [[nodiscard]] Duration until_full(Instant now) const noexcept { return std::max(full_at_ - now, Duration{0}); }

private:
    Instant full_at_{};
};

}  // namespace winnow::fair
