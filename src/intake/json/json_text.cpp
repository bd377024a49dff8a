#include "intake/json/json_text.hpp"

#include "winnow/base/text.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace winnow::intake {

namespace {

constexpr bool is_special(char c) noexcept
{
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

// Marks bytes that must be escaped as swar::bytes_equal() does.
std::uint64_t specials_of(std::uint64_t word) noexcept
{
    const auto controls = (word - swar::kOnes * 0x20) & ~word & swar::kHighBits;
    return controls | swar::bytes_equal(word, '"') | swar::bytes_equal(word, '\\');
}

// Copies up to the first byte that must be escaped; returns how much. Eight bytes at a time.
std::size_t copy_plain(char* target, std::string_view text) noexcept
{
    std::size_t at = 0;
    std::uint64_t word = 0;
    for (; at + 8 <= text.size(); at += 8) {
        std::memcpy(&word, text.data() + at, 8);
        std::memcpy(target + at, &word, 8);
        if (const auto hits = specials_of(word); hits != 0) return at + swar::first(hits);
    }
    if (at > 0 && at < text.size()) {  // the last eight, some of them once more
        const auto last = text.size() - 8;
        std::memcpy(&word, text.data() + last, 8);
        std::memcpy(target + last, &word, 8);
        if (specials_of(word) == 0) return text.size();
    }
    for (; at < text.size() && !is_special(text[at]); ++at) target[at] = text[at];
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
    std::string text;
    append_to(text);
    cut_pointer(text);
    return text;
}

void Path::append_to(std::string& pointer) const
{
    if (parent == nullptr) return;
    parent->append_to(pointer);
    if (index == kMember) {
        append_pointer_token(pointer, name);
    } else {
        append_pointer_token(pointer, std::to_string(index));
    }
}

void append_pointer_token(std::string& pointer, std::string_view name)
{
    if (pointer.size() > kMaxPointerBytes) return;
    pointer += '/';
    for (const char c : name) {
        if (pointer.size() > kMaxPointerBytes) return;
        if (c == '~') {
            pointer += "~0";
        } else if (c == '/') {
            pointer += "~1";
        } else {
            pointer += c;
        }
    }
}

void cut_pointer(std::string& pointer)
{
    constexpr std::string_view kEllipsis = "…";
    if (pointer.size() <= kMaxPointerBytes) return;
    auto kept = truncate_utf8(pointer, kMaxPointerBytes - kEllipsis.size());
    if (kept.ends_with('~')) kept.remove_suffix(1);  // half an escape
    pointer.resize(kept.size());
    pointer += kEllipsis;
}

void append_json_string(std::string& out, std::string_view text)
{
    const auto begin = out.size();
    std::size_t done = 0;
    // Most texts need no escape: one growth, one pass.
    out.resize_and_overwrite(begin + text.size() + 2, [&](char* bytes, std::size_t) {
        bytes[begin] = '"';
        done = copy_plain(bytes + begin + 1, text);
        return begin + 1 + done;
    });
    while (done < text.size()) {
        append_escape(out, text[done++]);
        auto end = done;
        while (end < text.size() && !is_special(text[end])) ++end;
        out.append(text, done, end - done);
        done = end;
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
