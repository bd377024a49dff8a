#pragma once

/// @file
/// String and bytes literals with their quotes, prefixes and escapes. Private to expr.

#include "winnow/expr/value.hpp"

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace winnow::expr::cel {

struct StringLiteral {
    Value value;             ///< string or bytes
    std::size_t length = 0;  ///< Of the literal in the text.
};

/// True where a string or bytes literal begins at the front of `text`: a quote, perhaps after r, b or both.
[[nodiscard]] bool begins_string(std::string_view text) noexcept;

/// Reads the literal at the front of `text`; the error says what is wrong with it.
[[nodiscard]] std::expected<StringLiteral, std::string> read_string(std::string_view text);

/// Appends a code point as UTF-8; false where it is none.
bool append_code_point(std::uint32_t code_point, std::string& out);

}  // namespace winnow::expr::cel
