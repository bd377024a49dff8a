#include "expr/matchers/matcher_lexer.hpp"

#include "winnow/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace winnow::expr {

namespace {

using Kind = MatcherToken::Kind;

struct CodePoint {
    std::uint32_t value = 0;
    std::size_t bytes = 1;
};

// The code point at the front of well-formed, non-empty UTF-8.
CodePoint front_of(std::string_view text) noexcept
{
    const auto lead = static_cast<std::uint8_t>(text.front());
    const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::uint32_t value = bytes == 1 ? lead : lead & (0xFFU >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) value = value << 6U | (static_cast<std::uint8_t>(text[i]) & 0x3FU);
    return {value, bytes};
}

// Unicode's White_Space.
bool is_space(std::uint32_t c) noexcept
{
    constexpr std::array<std::uint32_t, 11> kSingles{0x20,   0x85,   0xA0,   0x1680, 0x2028, 0x2029,
                                                     0x202F, 0x205F, 0x3000, 0x0B,   0x0C};
    return (c >= 0x09 && c <= 0x0D) || (c >= 0x2000 && c <= 0x200A) || std::ranges::find(kSingles, c) != kSingles.end();
}

bool is_reserved(std::uint32_t c) noexcept
{
    constexpr std::string_view kReserved = "{}!=~,\\\"'`";
    return is_space(c) || (c < 0x80 && kReserved.find(static_cast<char>(c)) != std::string_view::npos);
}

std::size_t word_length(std::string_view text) noexcept
{
    std::size_t at = 0;
    while (at < text.size()) {
        const auto next = front_of(text.substr(at));
        if (is_reserved(next.value)) break;
        at += next.bytes;
    }
    return at;
}

std::string span(std::size_t first, std::size_t last)
{
    return std::to_string(first) + ":" + std::to_string(last) + ": ";
}

Error lexical(std::string message)
{
    return Error(ErrorCode::invalid_argument, std::move(message));
}

Error bad_quoting()
{
    return lexical("a quoted text holds an escape that is none");
}

int hex_digit(char c) noexcept
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

void append_utf8(std::string& out, std::uint32_t c)
{
    const auto tail = [&](unsigned shift) {
        out += static_cast<char>(0x80U | (c >> shift & 0x3FU));
    };
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xC0U | c >> 6U);
        tail(0);
    } else if (c < 0x10000) {
        out += static_cast<char>(0xE0U | c >> 12U);
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xF0U | c >> 18U);
        tail(12);
        tail(6);
        tail(0);
    }
}

// Reads `count` digits of `base` from the front; removes them. False where they are not there.
bool take_digits(std::string_view& text, std::size_t count, std::uint32_t base, std::uint32_t& value)
{
    if (text.size() < count) return false;
    value = 0;
    for (const char c : text.substr(0, count)) {
        const int digit = hex_digit(c);
        if (digit < 0 || static_cast<std::uint32_t>(digit) >= base) return false;
        value = value * base + static_cast<std::uint32_t>(digit);
    }
    text.remove_prefix(count);
    return true;
}

// `text` begins behind the backslash.
bool take_escape(std::string_view& text, std::string& out)
{
    constexpr std::string_view kLetters = "abfnrtv\\\"";
    constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\\"";
    if (text.empty()) return false;
    const char letter = text.front();
    if (const auto at = kLetters.find(letter); at != std::string_view::npos) {
        out += kMeanings[at];
        text.remove_prefix(1);
        return true;
    }
    std::uint32_t value = 0;
    if (letter >= '0' && letter <= '7') {
        if (!take_digits(text, 3, 8, value) || value > 0xFF) return false;
        out += static_cast<char>(value);
        return true;
    }
    text.remove_prefix(1);
    if (letter == 'x') {
        if (!take_digits(text, 2, 16, value)) return false;
        out += static_cast<char>(value);
        return true;
    }
    if (letter != 'u' && letter != 'U') return false;
    if (!take_digits(text, letter == 'u' ? 4 : 8, 16, value)) return false;
    if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return false;
    append_utf8(out, value);
    return true;
}

}  // namespace

Result<MatcherToken> MatcherLexer::peek()
{
    const auto offset = offset_;
    const auto column = column_;
    auto found = scan();
    if (found) peeked_ = *found;
    offset_ = offset;  // space before a token that is never taken does not count in a later error's column
    column_ = column;
    return found;
}

void MatcherLexer::advance() noexcept
{
    offset_ = static_cast<std::size_t>(peeked_.text.data() - input_.data()) + peeked_.text.size();
    column_ = peeked_.last_column;
}

MatcherToken MatcherLexer::token(Kind kind, std::size_t bytes) const
{
    const auto text = input_.substr(offset_, bytes);
    return {kind, text, column_, column_ + count_code_points(text)};
}

Result<MatcherToken> MatcherLexer::scan()
{
    while (offset_ < input_.size()) {
        const auto next = front_of(input_.substr(offset_));
        if (!is_space(next.value)) break;
        offset_ += next.bytes;
        ++column_;
    }
    if (offset_ == input_.size()) return token(Kind::end, 0);
    switch (input_[offset_]) {
        case '{': return token(Kind::open_brace, 1);
        case '}': return token(Kind::close_brace, 1);
        case ',': return token(Kind::comma, 1);
        case '"': return scan_quoted();
        case '=':
        case '!': return scan_operator();
        default: break;
    }
    const auto length = word_length(input_.substr(offset_));
    if (length > 0) return token(Kind::word, length);
    return lexical(span(column_, column_ + 1) + std::string(1, input_[offset_]) + ": invalid input");
}

Result<MatcherToken> MatcherLexer::scan_quoted()
{
    const auto rest = input_.substr(offset_);
    for (std::size_t at = 1; at < rest.size(); ++at) {
        if (rest[at] == '"') return token(Kind::quoted, at + 1);
        if (rest[at] == '\\') ++at;
    }
    return lexical(span(column_, column_ + count_code_points(rest)) + std::string(rest) + ": missing end \"");
}

Result<MatcherToken> MatcherLexer::scan_operator()
{
    const auto rest = input_.substr(offset_);
    const bool negative = rest.front() == '!';
    if (rest.size() > 1 && (rest[1] == '~' || (negative && rest[1] == '='))) return token(Kind::op, 2);
    if (!negative) return token(Kind::op, 1);
    const auto here = span(column_, column_ + 1);
    if (rest.size() == 1) return lexical(here + "unexpected end of input, expected one of '=~'");
    return lexical(here + "!: expected one of '=~'");
}

Result<std::string> unquote(std::string_view quoted)
{
    auto rest = quoted.substr(1, quoted.size() - 2);
    std::string text;
    while (!rest.empty()) {
        const char c = rest.front();
        rest.remove_prefix(1);
        if (c == '\n') return bad_quoting();  // a line ends no literal in Go
        if (c != '\\') {
            text += c;
        } else if (!take_escape(rest, text)) {
            return bad_quoting();
        }
    }
    if (!is_valid_utf8(text)) return bad_quoting();
    return text;
}

std::string quote(std::string_view text)
{
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string quoted = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        switch (c) {
            case '"': quoted += "\\\""; break;
            case '\\': quoted += "\\\\"; break;
            case '\n': quoted += "\\n"; break;
            case '\r': quoted += "\\r"; break;
            case '\t': quoted += "\\t"; break;
            default:
                if (byte >= 0x20 && byte != 0x7F) {
                    quoted += c;
                } else {
                    quoted += "\\x";
                    quoted += kHex[byte >> 4U];
                    quoted += kHex[byte & 0x0FU];
                }
        }
    }
    return quoted + '"';
}

bool is_plain_word(std::string_view text) noexcept
{
    return !text.empty() && word_length(text) == text.size();
}

}  // namespace winnow::expr
