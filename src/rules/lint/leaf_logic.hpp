#pragma once

/// @file
/// What follows from what among tests of one slot. Each takes what it looks at from `effort`; where that is used up,
/// nothing follows from anything.

#include "rules/index/normal_form.hpp"
#include "winnow/expr/condition.hpp"

#include <span>

namespace winnow::rules {

enum class Holds : std::uint8_t { no, yes, error };

/// The test on a slot that has just that value; an error where the effort is used up.
[[nodiscard]] Holds test(const index::Constant& value, const index::Leaf& leaf, expr::Budget& effort);

/// Where the first literal holds, the second does.
[[nodiscard]] bool implies(const index::Leaf& a, bool a_negated, const index::Leaf& b, bool b_negated,
                           expr::Budget& effort);

/// No alert makes all of them hold: they exclude each other.
[[nodiscard]] bool exclude_each_other(const index::NormalForm& form, std::span<const index::Literal> clause,
                                      expr::Budget& effort);

/// No alert makes it hold: labels, titles and keys are never empty, there are three statuses and four severities.
[[nodiscard]] bool is_impossible(const index::Leaf& leaf, bool negated, expr::Budget& effort);

}  // namespace winnow::rules
