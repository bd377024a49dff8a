#pragma once

/// @file
/// Whether work goes on: for readiness.

#include <algorithm>
#include <atomic>
#include <chrono>

namespace winnow::observe {

/// Longer than one call of the database may take, which is cut after 15 seconds: a tenant whose rows take that long
/// is no reason to call the node stuck.
inline constexpr std::chrono::milliseconds kStandstill{20'000};

/// Work stands still where some of it waits and no turn at it has ended for longer than any one turn may take. One
/// party's work that does not get on is not what this is about: whoever asks says what counts as waiting. Thread-safe,
/// and never blocks.
class Progress {
public:
    using Clock = std::chrono::steady_clock;

    /// `patience`: longer than a turn may take.
    explicit Progress(std::chrono::milliseconds patience) noexcept : patience_(patience) {}

    /// Whether there is work that waits. Since when counts from the first call that says so.
    void waits(bool does, Clock::time_point now) noexcept
    {
        if (!does) {
            since_ = kNever;
        } else if (since_.load() == kNever) {
            since_ = now;
        }
    }

    /// A turn has ended well.
    void turned(Clock::time_point now) noexcept { turned_ = now; }

    [[nodiscard]] bool stands_still(Clock::time_point now) const noexcept
    {
        const auto since = since_.load();
        return since != kNever && now - std::max(since, turned_.load()) > patience_;
    }

private:
    static constexpr auto kNever = Clock::time_point::min();

    const std::chrono::milliseconds patience_;
    std::atomic<Clock::time_point> since_ = kNever;
    std::atomic<Clock::time_point> turned_ = kNever;
};

}  // namespace winnow::observe
