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

/// `line:column: what is wrong`, the line, and a caret.
[[nodiscard]] Error explained(std::string_view text, const cel::SyntaxError& error);

}  // namespace winnow::expr
