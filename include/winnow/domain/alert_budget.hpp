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

    /// Takes what somebody's condition has cost.
    void pay(const Judge& judge, std::size_t steps)
    {
        left -= std::min(left, steps);
        note(judge, steps);
    }
    void note(const Judge& judge, std::size_t steps)
    {
        if (steps <= most) return;
        most = steps;
        dearest = judge;
    }
};

}  // namespace winnow::domain
