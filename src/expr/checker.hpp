#pragma once

/// @file
/// What must hold of a tree before it is evaluated. Private to expr.

#include "expr/cel/lexer.hpp"
#include "winnow/expr/condition.hpp"

#include <functional>
#include <optional>

namespace winnow::expr {

/// Resolves functions, type names and qualified names in place, compiles literal patterns, and holds the tree to the
/// limits. What is wrong, or nullopt.
[[nodiscard]] std::optional<cel::SyntaxError> check(Node& root, const Limits& limits,
                                                    const std::function<bool(std::string_view)>& known);

}  // namespace winnow::expr
