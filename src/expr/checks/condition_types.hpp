#pragma once

/// @file
/// What can be said of a condition's types before it meets an alert. Private to expr.

#include "expr/cel/lexer.hpp"
#include "winnow/expr/ast.hpp"

#include <optional>

namespace winnow::expr {

/// Refuses conditions that can never be true or false, and comparisons that can never hold: a severity with a text, a
/// text with a number.
[[nodiscard]] std::optional<cel::SyntaxError> check_condition_types(const Node& root);

/// The same of an expression of any type.
[[nodiscard]] std::optional<cel::SyntaxError> check_comparisons(const Node& root);

}  // namespace winnow::expr
