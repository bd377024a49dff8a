#pragma once

/// @file
/// What one rule saw in one alert, test by test. For people; conditions are compiled anew for it, so that rule sets
/// need not keep their trees.

#include "rules/ordered_rules.hpp"

#include <optional>

namespace winnow::rules {

/// `ended`: an earlier rule ended the evaluation.
[[nodiscard]] TraceEntry trace_rule(const PlacedRule& placed, bool ended, const domain::Alert& alert, Timestamp now);

/// nullopt where the rule matches.
[[nodiscard]] std::optional<NearMiss> near_miss(const PlacedRule& placed, const domain::Alert& alert, Timestamp now);

}  // namespace winnow::rules
