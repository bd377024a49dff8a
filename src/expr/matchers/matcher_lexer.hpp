#pragma once

/// @file
/// Tokens of Alertmanager's UTF-8 matcher language.

#include "winnow/base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace winnow::expr {

struct MatcherToken {
    enum class Kind { end, open_brace, close_brace, comma, op, word, quoted };

    Kind kind = Kind::end;
    std::string_view text;         ///< As written, quotes included.
    std::size_t first_column = 0;  ///< Columns count code points from 0; the last one is past the end.
    std::size_t last_column = 0;
};

/// Hands out one token after the other. Errors are worded as Alertmanager words them.
class MatcherLexer {
public:
    /// `input` must be well-formed UTF-8 and outlive the lexer.
    explicit MatcherLexer(std::string_view input) noexcept : input_(input) {}

    /// The next token, left where it is. Kind::end once the input is used up.
    [[nodiscard]] Result<MatcherToken> peek();

    /// Passes the token that `peek` gave.
    void advance() noexcept;

    /// Code points passed so far.
    [[nodiscard]] std::size_t column() const noexcept { return column_; }

private:
    [[nodiscard]] Result<MatcherToken> scan();
    [[nodiscard]] Result<MatcherToken> scan_quoted();
    [[nodiscard]] Result<MatcherToken> scan_operator();
    [[nodiscard]] MatcherToken token(MatcherToken::Kind kind, std::size_t bytes) const;

    std::string_view input_;
    std::size_t offset_ = 0;
    std::size_t column_ = 0;
    MatcherToken peeked_;
};

/// Undoes a quoted token's quotes and escapes (those of Go string literals). `invalid_argument` where an escape is not
/// one, or the result is not well-formed UTF-8.
[[nodiscard]] Result<std::string> unquote(std::string_view quoted);

/// Quotes `text` so that `unquote` gives it back.
[[nodiscard]] std::string quote(std::string_view text);

/// True when `text` may stand without quotes.
[[nodiscard]] bool is_plain_word(std::string_view text) noexcept;

}  // namespace winnow::expr
