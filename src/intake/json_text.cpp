#include "intake/json_text.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace winnow::intake {

namespace {

static_assert(std::endian::native == std::endian::little, "first_special counts bytes from the low end");

constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101ULL;
constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080ULL;

// The high bit of each zero byte; bytes above the first hit may be marked wrongly.
constexpr std::uint64_t zero_bytes(std::uint64_t word) noexcept
{
    return (word - kOnes) & ~word & kHighBits;
}

constexpr bool is_special(char c) noexcept
{
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

// Offset of the first byte that must be escaped, text.size() if none. Eight bytes at a time.
std::size_t first_special(std::string_view text, std::size_t at) noexcept
{
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, 8);
        const auto controls = (word - kOnes * 0x20) & ~word & kHighBits;
        const auto hits = controls | zero_bytes(word ^ kOnes * '"') | zero_bytes(word ^ kOnes * '\\');
        if (hits != 0) return at + static_cast<std::size_t>(std::countr_zero(hits)) / 8;
    }
    while (at < text.size() && !is_special(text[at])) ++at;
    return at;
}

void append_escape(std::string& out, char c)
{
    constexpr std::string_view kHex = "0123456789abcdef";
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\b': out += "\\b"; return;
        case '\f': out += "\\f"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default:
            out += "\\u00";
            out += kHex[static_cast<unsigned char>(c) >> 4U];
            out += kHex[static_cast<unsigned char>(c) & 0x0FU];
    }
}

std::size_t digits_from(std::string_view text, std::size_t at) noexcept
{
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at;
}

bool has_number_grammar(std::string_view text) noexcept
{
    std::size_t at = text.starts_with('-') ? 1 : 0;
    const auto whole = digits_from(text, at);
    if (whole == at || (text[at] == '0' && whole > at + 1)) return false;
    at = whole;
    if (at < text.size() && text[at] == '.') {
        const auto end = digits_from(text, at + 1);
        if (end == at + 1) return false;
        at = end;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
        const auto end = digits_from(text, at);
        if (end == at) return false;
        at = end;
    }
    return at == text.size();
}

}  // namespace

std::string Path::pointer() const
{
    if (parent == nullptr) return {};
    auto text = parent->pointer();
    if (index == kMember) {
        append_pointer_token(text, name);
    } else {
        text += '/';
        text += std::to_string(index);
    }
    return text;
}

void append_pointer_token(std::string& pointer, std::string_view name)
{
    pointer += '/';
    for (const char c : name) {
        if (c == '~') {
            pointer += "~0";
        } else if (c == '/') {
            pointer += "~1";
        } else {
            pointer += c;
        }
    }
}

void append_json_string(std::string& out, std::string_view text)
{
    out += '"';
    std::size_t done = 0;
    while (true) {
        const auto special = first_special(text, done);
        out.append(text, done, special - done);
        if (special == text.size()) break;
        append_escape(out, text[special]);
        done = special + 1;
    }
    out += '"';
}

Number judge_number(std::string_view text)
{
    if (!has_number_grammar(text)) return Number::malformed;
    constexpr std::size_t kSurelyFinite = 300;  // without an exponent: fewer digits than the greatest double has
    if (text.size() < kSurelyFinite && text.find_first_of("eE") == std::string_view::npos) return Number::finite;
    double value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc()) return Number::finite;
    // Out of range is said of 1e-400 too, which is as good as zero.
    const std::string copy(text);
    return std::isinf(std::strtod(copy.c_str(), nullptr)) ? Number::overflowing : Number::finite;
}

}  // namespace winnow::intake
