#pragma once

/// @file
/// From a draft to the rule set that it would make.

#include "winnow/base/time.hpp"
#include "winnow/domain/backtest.hpp"
#include "winnow/domain/rule.hpp"

#include <vector>

namespace winnow::backtest {

/// The rules as they would be in force, in order, at the positions 1, 2, …; `live` are those that are, in order.
///
/// A rule of a whole set is the live one of its id, else the first one left of its name, else a new one under a
/// made-up id, as when the set is applied. One that says what the live rule says keeps its version; a changed one has
/// another.
///
/// A single rule whose effective dates never touch the time from `from` to `until` is taken as if it had none: who
/// tests next week's rule on last week's alerts wants to know what it does.
[[nodiscard]] std::vector<domain::Rule> drafted_rules(const domain::RuleDraft& draft,
                                                      const std::vector<domain::Rule>& live, Timestamp from,
                                                      Timestamp until);

}  // namespace winnow::backtest
