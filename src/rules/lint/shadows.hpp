#pragma once

/// @file
/// Rules that cannot be reached because an earlier rule ends the evaluation first.

#include "rules/ordered_rules.hpp"
#include "winnow/expr/condition.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace winnow::rules {

/// Rules as places among those that were given.
struct Shadows {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> found;  ///< (shadowed, by which)
    std::optional<std::uint32_t> untried;  ///< From it on it was not looked: the effort was used up.
};

/// `rules` stand in position order. A rule is shadowed where each of its clauses implies all literals of a clause of an
/// earlier rule that ends the evaluation, and no rule in between changes the alert.
[[nodiscard]] Shadows shadowed_rules(const std::vector<PlacedRule>& rules, expr::Budget& effort);

}  // namespace winnow::rules
