#pragma once

/// @file
/// CEL's tokens. Private to expr.

#include "winnow/base/result.hpp"
#include "winnow/expr/ast.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace winnow::expr::cel {

struct Token {
    enum class Kind : std::uint8_t { identifier, quoted_identifier, literal, sign, end };
    Kind kind = Kind::end;
    std::string text;  ///< The identifier, or the sign: "&&", "?"…
    Value value;       ///< Of a literal. An int literal may be 9223372036854775808: see `too_large_unless_negated`.
    bool too_large_unless_negated = false;
    Position at;
};

/// What is wrong, and where.
struct SyntaxError {
    Position at;
    std::string message;
};

/// Ends with a token of kind `end`. Literals longer than `max_literal_bytes` are refused.
[[nodiscard]] std::expected<std::vector<Token>, SyntaxError> lex(std::string_view text, std::size_t max_literal_bytes);

}  // namespace winnow::expr::cel
