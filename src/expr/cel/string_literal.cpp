#include "expr/cel/string_literal.hpp"

#include <charconv>

namespace winnow::expr::cel {

namespace {

struct Prefix {
    std::size_t length = 0;
    bool raw = false;
    bool bytes = false;
};

Prefix prefix_of(std::string_view text) noexcept
{
    Prefix prefix;
    while (prefix.length < 2 && prefix.length < text.size()) {
        const char c = text[prefix.length];
        bool* const flag = c == 'r' || c == 'R' ? &prefix.raw : c == 'b' || c == 'B' ? &prefix.bytes : nullptr;
        if (flag == nullptr || *flag) break;
        *flag = true;
        ++prefix.length;
    }
    return prefix;
}

/// Digits of an escape as a number; -1 where one is missing.
std::int64_t number_of(std::string_view text, std::size_t digits, int base)
{
    if (text.size() < digits) return -1;
    std::int64_t number = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + digits, number, base);
    return wrong == std::errc() && end == text.data() + digits && text.front() != '-' ? number : -1;
}

/// Appends what the escape after a backslash means and gives its length; 0: there is no such escape.
std::size_t unescape(std::string_view text, bool bytes, std::string& out)
{
    if (text.empty()) return 0;
    const auto code = [&](std::size_t skip, std::size_t digits, int base, bool unicode) -> std::size_t {
        const auto number = number_of(text.substr(skip), digits, base);
        if (number < 0) return 0;
        if (bytes && (unicode || number > 0xFF)) return 0;
        if (bytes) {
            out += static_cast<char>(number);
        } else if (!append_code_point(static_cast<std::uint32_t>(number), out)) {
            return 0;
        }
        return skip + digits;
    };
    switch (text.front()) {
        case 'a': out += '\a'; return 1;
        case 'b': out += '\b'; return 1;
        case 'f': out += '\f'; return 1;
        case 'n': out += '\n'; return 1;
        case 'r': out += '\r'; return 1;
        case 't': out += '\t'; return 1;
        case 'v': out += '\v'; return 1;
        case '\\':
        case '?':
        case '"':
        case '\'':
        case '`': out += text.front(); return 1;
        case 'x':
        case 'X': return code(1, 2, 16, false);
        case 'u': return code(1, 4, 16, true);
        case 'U': return code(1, 8, 16, true);
        case '0':
        case '1':
        case '2':
        case '3': return code(0, 3, 8, false);
        default: return 0;
    }
}

}  // namespace

bool append_code_point(std::uint32_t code_point, std::string& out)
{
    const auto tail = [&](unsigned shift) {
        out += static_cast<char>(0x80U | ((code_point >> shift) & 0x3FU));
    };
    if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF)) return false;
    if (code_point < 0x80) {
        out += static_cast<char>(code_point);
    } else if (code_point < 0x800) {
        out += static_cast<char>(0xC0U | (code_point >> 6U));
        tail(0);
    } else if (code_point < 0x10000) {
        out += static_cast<char>(0xE0U | (code_point >> 12U));
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xF0U | (code_point >> 18U));
        tail(12);
        tail(6);
        tail(0);
    }
    return true;
}

bool begins_string(std::string_view text) noexcept
{
    const auto prefix = prefix_of(text);
    return prefix.length < text.size() && (text[prefix.length] == '"' || text[prefix.length] == '\'');
}

std::expected<StringLiteral, std::string> read_string(std::string_view text)
{
    const auto prefix = prefix_of(text);
    const char quote = text[prefix.length];
    const std::string three(3, quote);
    const bool triple = text.substr(prefix.length).starts_with(three);
    const std::string_view closing = triple ? std::string_view(three) : std::string_view(three).substr(0, 1);
    std::string out;
    std::size_t i = prefix.length + closing.size();
    while (!text.substr(i).starts_with(closing)) {
        if (i >= text.size()) return std::unexpected("this string has no end; close it with " + std::string(closing));
        const char c = text[i];
        if (!triple && (c == '\n' || c == '\r')) {
            return std::unexpected("a line ends inside this string; write \\n, or use three quotes");
        }
        if (c != '\\' || prefix.raw) {
            out += c;
            ++i;
            // A raw string keeps its backslashes, and one before a quote does not end it.
            continue;
        }
        const auto length = unescape(text.substr(i + 1), prefix.bytes, out);
        if (length == 0) {
            return std::unexpected("no such escape: " + std::string(text.substr(i, 2)) +
                                   "; write \\\\ for a backslash, or put r before the quote");
        }
        i += 1 + length;
    }
    StringLiteral literal;
    literal.length = i + closing.size();
    if (prefix.bytes) {
        literal.value = Bytes{std::move(out)};
    } else {
        literal.value = std::move(out);
    }
    return literal;
}

}  // namespace winnow::expr::cel
