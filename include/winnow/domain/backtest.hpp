#pragma once

/// @file
/// Back-tests: rules that somebody thinks of putting in force, tried on what came in.

#include "winnow/domain/rule.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace winnow::domain {

/// Stored by name: do not rename.
enum class BacktestState : std::uint8_t { queued, running, done, cancelled, failed };

[[nodiscard]] std::string_view to_string(BacktestState state) noexcept;
[[nodiscard]] std::optional<BacktestState> parse_backtest_state(std::string_view word) noexcept;

/// A whole rule set, or one rule beside those in force.
struct RuleDraft {
    bool whole_set = false;
    /// Checked. A whole set: its rules in their order. Else a single one: its position is where it is to stand, 0 where
    /// it was (at the end, where it is new). An id that is no stored rule's, or nil, means a new rule.
    std::vector<Rule> rules;
};

}  // namespace winnow::domain
