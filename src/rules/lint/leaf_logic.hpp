#pragma once

/// @file
/// What follows from what among tests of one slot.

#include "rules/index/normal_form.hpp"

#include <span>

namespace winnow::rules {

enum class Holds : std::uint8_t { no, yes, error };

/// The test on a slot that has just that value.
[[nodiscard]] Holds test(const index::Constant& value, const index::Leaf& leaf);

/// Where the first literal holds, the second does.
[[nodiscard]] bool implies(const index::Leaf& a, bool a_negated, const index::Leaf& b, bool b_negated);

/// No alert makes all of them hold: they exclude each other.
[[nodiscard]] bool exclude_each_other(const index::NormalForm& form, std::span<const index::Literal> clause);

/// No alert makes it hold: labels, titles and keys are never empty, there are three statuses and four severities.
[[nodiscard]] bool is_impossible(const index::Leaf& leaf, bool negated);

}  // namespace winnow::rules
