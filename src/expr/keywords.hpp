#pragma once

/// @file
/// Keyword conditions: `(WARN or ERROR) and testnode_001`. Private to expr.
///
///     condition = term { "or" term }
///     term      = factor { "and" factor }
///     factor    = [ "not" ] ( word | "quoted words" | field ":" word | "(" condition ")" )
///
/// A word is looked for, as it is written, in the title, description and source; `field:word` in that field,
/// `labels.name:word` in that label.

#include "expr/cel/lexer.hpp"
#include "winnow/expr/condition.hpp"

#include <expected>
#include <string_view>

namespace winnow::expr {

[[nodiscard]] std::expected<Node, cel::SyntaxError> parse_keywords(std::string_view text, const Limits& limits);

}  // namespace winnow::expr
