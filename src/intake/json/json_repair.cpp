#include "intake/json/json_repair.hpp"

#include "intake/json/json_text.hpp"

#include <algorithm>
#include <cstdint>

namespace winnow::intake {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

/// How many bytes a well-formed sequence has here; 0 where there is none, and then `bad` are to be replaced together.
std::size_t sequence_length(std::string_view text, std::size_t& bad) noexcept
{
    const auto byte = [&](std::size_t at) {
        return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const auto lead = byte(0);
    bad = 1;
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                               : (lead & 0xF0U) == 0xE0       ? 3
                               : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                              : 0;
    if (length == 0) return 0;
    auto low = 0x80U;
    auto high = 0xBFU;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
    for (; bad < length; ++bad) {
        if (byte(bad) < low || byte(bad) > high) return 0;
        low = 0x80;
        high = 0xBF;
    }
    return length;
}

std::optional<std::uint32_t> hex4(std::string_view text, std::size_t at)
{
    if (at + 4 > text.size()) return std::nullopt;
    std::uint32_t value = 0;
    for (const char c : text.substr(at, 4)) {
        const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        const auto digit = std::string_view("0123456789abcdef").find(low);
        if (digit == std::string_view::npos) return std::nullopt;
        value = value << 4U | static_cast<std::uint32_t>(digit);
    }
    return value;
}

bool is_high(std::uint32_t unit) noexcept
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low(std::uint32_t unit) noexcept
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/// The code point that begins at `at` (behind the backslash's `u`), and where reading goes on. A half is U+FFFD.
struct Escape {
    std::uint32_t code = 0xFFFD;
    std::size_t next = 0;
};

std::optional<Escape> read_escape(std::string_view raw, std::size_t at)
{
    const auto unit = hex4(raw, at);
    if (!unit) return std::nullopt;
    Escape escape{.code = *unit, .next = at + 4};
    if (is_high(*unit) && raw.substr(escape.next).starts_with("\\u")) {
        const auto second = hex4(raw, escape.next + 2);
        if (second && is_low(*second)) {
            escape.code = 0x10000 + ((*unit - 0xD800) << 10U) + (*second - 0xDC00);
            escape.next += 6;
            return escape;
        }
    }
    if (is_high(*unit) || is_low(*unit) || *unit == 0) escape.code = 0xFFFD;
    return escape;
}

char* put(char* out, std::uint32_t code) noexcept
{
    const auto byte = [&out](std::uint32_t value) {
        *out++ = static_cast<char>(static_cast<unsigned char>(value));
    };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xC0U | code >> 6U);
        byte(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
        byte(0xE0U | code >> 12U);
        byte(0x80U | (code >> 6U & 0x3FU));
        byte(0x80U | (code & 0x3FU));
    } else {
        byte(0xF0U | code >> 18U);
        byte(0x80U | (code >> 12U & 0x3FU));
        byte(0x80U | (code >> 6U & 0x3FU));
        byte(0x80U | (code & 0x3FU));
    }
    return out;
}

}  // namespace

Repaired repair_text(std::string_view body, bool by_lines)
{
    Repaired repaired;
    auto& text = repaired.text;
    text.reserve(body.size() + 64);
    bool in_string = false;
    bool noted = false;  // one place a string tells all that is asked
    const auto replace = [&](std::string_view by) {
        if (!noted) repaired.places.push_back(text.size());
        noted = true;
        text += by;
    };
    for (std::size_t at = 0; at < body.size();) {
        const char c = body[at];
        if (by_lines && c == '\n') in_string = false;
        if (!in_string || c == '"') {
            if (c == '"') in_string = !in_string;
            noted = false;
            text += c;
            ++at;
        } else if (c == '\\' && at + 1 < body.size() && static_cast<unsigned char>(body[at + 1]) >= 0x20 &&
                   static_cast<unsigned char>(body[at + 1]) < 0x80) {
            text.append(body, at, 2);
            at += 2;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            replace(c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : kReplacement);
            ++at;
        } else {
            std::size_t bad = 0;
            const auto length = sequence_length(body.substr(at), bad);
            if (length == 0) {
                replace(kReplacement);
            } else {
                text.append(body, at, length);
            }
            at += length == 0 ? bad : length;
        }
    }
    return repaired;
}

std::optional<std::string_view> decode_leniently(std::string_view raw, char* out)
{
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    auto* const begin = out;
    for (std::size_t at = 0; at < raw.size();) {
        if (raw[at] != '\\') {
            *out++ = raw[at++];
            continue;
        }
        if (at + 1 == raw.size()) return std::nullopt;
        const char kind = raw[at + 1];
        if (kind == 'u') {
            const auto escape = read_escape(raw, at + 2);
            if (!escape) return std::nullopt;
            out = put(out, escape->code);
            at = escape->next;
            continue;
        }
        const auto known = kNames.find(kind);
        if (known == std::string_view::npos) return std::nullopt;
        *out++ = kMeant[known];
        at += 2;
    }
    return std::string_view(begin, static_cast<std::size_t>(out - begin));
}

}  // namespace winnow::intake
