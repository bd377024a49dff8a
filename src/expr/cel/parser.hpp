#pragma once

/// @file
/// CEL's grammar, by recursive descent of bounded depth. Private to expr.

#include "expr/cel/lexer.hpp"
#include "winnow/expr/condition.hpp"

#include <expected>
#include <string_view>

namespace winnow::expr::cel {

/// The tree of a whole text; macros are recognised, names are not looked at.
[[nodiscard]] std::expected<Node, SyntaxError> parse(std::string_view text, const Limits& limits);

}  // namespace winnow::expr::cel
