#pragma once

/// @file
/// Rules that cannot be reached because an earlier rule ends the evaluation first.

#include "rules/ordered_rules.hpp"

#include <cstdint>
#include <utility>
#include <vector>

namespace winnow::rules {

/// (shadowed, by which) as places in `rules`, which stand in position order. A rule is shadowed where each of its
/// clauses implies all literals of a clause of an earlier rule that ends the evaluation, and no rule in between changes
/// the alert.
[[nodiscard]] std::vector<std::pair<std::uint32_t, std::uint32_t>> shadowed_rules(const std::vector<PlacedRule>& rules);

}  // namespace winnow::rules
