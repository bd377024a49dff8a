#pragma once

/// @file
/// Comparing values, paid for at every depth. Private to expr.

#include "winnow/expr/condition.hpp"
#include "winnow/expr/value.hpp"

#include <optional>

namespace winnow::expr {

/// `equals`: a step a pair, and what of two texts is looked at. nullopt where the budget does not allow it.
[[nodiscard]] std::optional<bool> equals(const Value& a, const Value& b, Budget& budget);

}  // namespace winnow::expr
