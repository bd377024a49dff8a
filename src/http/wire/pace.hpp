#pragma once

/// @file
/// How long a reader may take over what it is sent. Pure.

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace winnow::http {

/// A reader's time is up when within `period` it has not taken what `rate` wants of it, or, where no rate is wanted,
/// nothing at all; how long it takes in all does not matter. Only time in which there was something to take counts.
class Pace {
public:
    using Clock = std::chrono::steady_clock;

    /// `rate`: bytes a second on average over each period; 0: any progress is enough.
    Pace(std::chrono::milliseconds period, std::size_t rate) noexcept
        : period_(period),
          wanted_(std::max<std::size_t>(
              1, static_cast<std::size_t>(static_cast<double>(rate) * std::chrono::duration<double>(period).count())))
    {
    }

    void took(std::size_t bytes) noexcept { taken_ += bytes; }

    /// It takes no more at the moment: until when it may go on like that.
    [[nodiscard]] Clock::time_point deadline(Clock::time_point now) noexcept
    {
        if (!runs_ || taken_ >= wanted_) {
            since_ = now;
            taken_ = 0;
            rested_ = {};
            runs_ = true;
        }
        return since_ + period_;
    }

    /// There is nothing to take from now on …
    void rest(Clock::time_point now) noexcept { resting_since_ = now; }

    /// … until now. A reader that had taken everything for a whole period, at once or by and by, begins anew: what it
    /// once was slow in taking it has long since taken.
    void go_on(Clock::time_point now) noexcept
    {
        const auto rested = now - resting_since_;
        rested_ += rested;
        since_ += rested;
        if (rested_ >= period_) runs_ = false;
    }

private:
    const std::chrono::milliseconds period_;
    const std::size_t wanted_;
    std::size_t taken_ = 0;  ///< Since then.
    bool runs_ = false;
    Clock::time_point since_;
    Clock::time_point resting_since_;
    Clock::duration rested_{};  ///< Since then, in all.
};

}  // namespace winnow::http
