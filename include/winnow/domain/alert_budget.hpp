#pragma once

/// @file
/// What judging one alert may cost, over everything that judges it.

#include "winnow/base/uuid.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace winnow::domain {

/// Who judges alerts by a condition. Stored by name and by number: change neither.
enum class JudgeKind : std::uint8_t { rule = 0, silence = 1, maintenance_window = 2, inhibition = 3 };

[[nodiscard]] std::string_view to_string(JudgeKind kind) noexcept;

/// A rule, silence, window or inhibition.
struct Judge {
    JudgeKind kind = JudgeKind::rule;
    Uuid id;

    friend bool operator==(const Judge&, const Judge&) = default;
};

/// The processor time of an alert, for what steps are wrong about: they come first, and decide alike on every machine.
/// It is looked at only where an alert has taken thousands of steps or some tens of conditions, and begins with the
/// first look.
class AlertDeadline {
public:
    static constexpr std::chrono::nanoseconds kMost = std::chrono::milliseconds{100};
    using Clock = std::uint64_t (*)() noexcept;  ///< Nanoseconds that the calling thread has computed.

    /// Notes a condition that has taken so many steps; nothing without a clock. Whether the time is up.
    bool passes(std::size_t steps, Clock clock) noexcept
    {
        constexpr std::size_t kLook = 4'096;
        constexpr std::size_t kCondition = 128;
        steps_ += steps + kCondition;
        if (clock == nullptr || steps_ < kLook) return has_passed_;
        steps_ = 0;
        const auto now = clock();
        if (begun_) {
            has_passed_ = has_passed_ || now - *begun_ >= static_cast<std::uint64_t>(kMost.count());
        } else {
            begun_ = now;
        }
        return has_passed_;
    }
    [[nodiscard]] bool has_passed() const noexcept { return has_passed_; }

private:
    std::size_t steps_ = 0;  ///< Since the last look.
    std::optional<std::uint64_t> begun_;
    bool has_passed_ = false;
};

/// In steps of expr::Budget, of which each stands for at most some 40 ns: an alert takes some milliseconds at most.
/// Rules pay first, then silences, windows and inhibitions. What it does not do for is not decided: no rule acts by it,
/// nothing covers by it, and the alert goes on.
struct AlertBudget {
    static constexpr std::size_t kSteps = 200'000;
    static constexpr std::chrono::nanoseconds kStep{40};  ///< What one takes of a processor, at most about.

    std::size_t left = kSteps;
    bool over = false;                  ///< Something was not decided for want of it.
    std::optional<Judge> dearest = {};  ///< What has cost most, known where it is over.
    std::size_t most = 0;               ///< So much.
    AlertDeadline deadline = {};        ///< Once it has passed nothing is left, and the dearest is who was judging.

    /// Takes what somebody's condition has cost.
    void pay(const Judge& judge, std::size_t steps, AlertDeadline::Clock clock)
    {
        left -= std::min(left, steps);
        note(judge, steps);
        if (deadline.has_passed() || !deadline.passes(steps, clock)) return;
        left = 0;
        over = true;
        note(judge, SIZE_MAX);
    }
    /// Processor time of the dearest, about: all of the deadline's where that has passed.
    [[nodiscard]] std::chrono::nanoseconds cost() const noexcept
    {
        if (deadline.has_passed()) return AlertDeadline::kMost;
        return static_cast<std::chrono::nanoseconds::rep>(most) * kStep;
    }
    void note(const Judge& judge, std::size_t steps)
    {
        if (steps <= most) return;
        most = steps;
        dearest = judge;
    }
};

}  // namespace winnow::domain
