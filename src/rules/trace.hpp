#pragma once

/// @file
/// What one rule saw in one alert, test by test. For people; conditions are compiled anew for it, so that rule sets
/// need not keep their trees.

#include "rules/ordered_rules.hpp"

#include <cstddef>
#include <optional>

namespace winnow::rules {

/// What looking at one alert may cost over all rules, in steps; used up by looking. Parts have their own share, so that
/// showing them costs no rule its match.
struct LookingBudget {
    std::size_t conditions = 4'000'000;
    std::size_t parts = 4'000'000;
};

/// `ended`: an earlier rule ended the evaluation. Where the budget is used up, conditions and parts fail and say so.
[[nodiscard]] TraceEntry trace_rule(const PlacedRule& placed, bool ended, const domain::Alert& alert, Timestamp now,
                                    LookingBudget& budget);

/// nullopt where the rule matches, or the budget's parts were used up meanwhile.
[[nodiscard]] std::optional<NearMiss> near_miss(const PlacedRule& placed, const domain::Alert& alert, Timestamp now,
                                                LookingBudget& budget);

}  // namespace winnow::rules
