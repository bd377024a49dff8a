#pragma once

/// @file
/// What one rule saw in one alert, test by test. For people; conditions are compiled anew for it, so that rule sets
/// need not keep their trees.

#include "rules/ordered_rules.hpp"

#include <cstddef>
#include <optional>

namespace winnow::rules {

/// What is left of TraceLimits.
struct TraceRoom {
    std::size_t bytes = TraceLimits::kLeafBytes;
    std::size_t steps = TraceLimits::kSteps;            ///< For the tests of conditions, one by one.
    std::size_t condition_steps = TraceLimits::kSteps;  ///< For whole conditions: tests cost no rule its match.
};

/// `ended`: an earlier rule ended the evaluation. Where the steps are used up, conditions and tests fail and say so;
/// tests that have no room are left out.
[[nodiscard]] TraceEntry trace_rule(const PlacedRule& placed, bool ended, const domain::Alert& alert, Timestamp now,
                                    TraceRoom& room);

/// nullopt where the rule matches, or where there is no room to find out.
[[nodiscard]] std::optional<NearMiss> near_miss(const PlacedRule& placed, const domain::Alert& alert, Timestamp now,
                                                TraceRoom& room);

}  // namespace winnow::rules
