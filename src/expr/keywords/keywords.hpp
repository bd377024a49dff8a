#pragma once

/// @file
/// Keyword conditions: `(WARN or ERROR) and testnode_001`. Private to expr.
///
///     condition = term { "or" term }
///     term      = factor { "and" factor }
///     factor    = [ "not" ] ( word | "quoted words" | field ":" word | "(" condition ")" )
///
/// A word is looked for, as it is written, in the title, description and source; `field:word` in that field,
/// `labels.name:word` in that label. `severity:word` is the severity of that name.

#include "expr/cel/lexer.hpp"
#include "winnow/expr/condition.hpp"

#include <cstdint>
#include <expected>
#include <string_view>

namespace winnow::expr {

/// What stands before a colon and is no field is refused in what is written now; in what is stored it is a part of the
/// word, as it always was.
enum class Wording : std::uint8_t { as_stored, as_written };

[[nodiscard]] std::expected<Node, cel::SyntaxError> parse_keywords(std::string_view text, const Limits& limits,
                                                                   Wording wording);

}  // namespace winnow::expr
