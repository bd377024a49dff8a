#include "winnow/base/text.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace winnow {

namespace {

// Length of the well-formed sequence that starts at `at` (Unicode 15, table 3-7), 0 if there is none.
std::size_t sequence_length(std::string_view text, std::size_t at) noexcept
{
    const auto byte = [&](std::size_t i) {
        return static_cast<std::uint8_t>(text[at + i]);
    };
    const auto left = text.size() - at;
    const auto lead = byte(0);
    const auto tail = [&](std::size_t i, std::uint8_t low = 0x80, std::uint8_t high = 0xBF) {
        return i < left && byte(i) >= low && byte(i) <= high;
    };
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const std::uint8_t low = lead == 0xE0 ? 0xA0 : 0x80;
        const std::uint8_t high = lead == 0xED ? 0x9F : 0xBF;
        return tail(1, low, high) && tail(2) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const std::uint8_t low = lead == 0xF0 ? 0x90 : 0x80;
        const std::uint8_t high = lead == 0xF4 ? 0x8F : 0xBF;
        return tail(1, low, high) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

constexpr bool is_continuation(char c) noexcept
{
    return (static_cast<std::uint8_t>(c) & 0xC0U) == 0x80U;
}

}  // namespace

bool is_valid_utf8(std::string_view text) noexcept
{
    std::size_t at = 0;
    while (at < text.size()) {
        const auto length = sequence_length(text, at);
        if (length == 0) return false;
        at += length;
    }
    return true;
}

std::size_t count_code_points(std::string_view text) noexcept
{
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !is_continuation(c); }));
}

std::string_view truncate_utf8(std::string_view text, std::size_t max_bytes) noexcept
{
    if (text.size() <= max_bytes) return text;
    auto end = max_bytes;
    while (end > 0 && is_continuation(text[end])) --end;
    return text.substr(0, end);
}

bool has_control_characters(std::string_view text) noexcept
{
    return std::ranges::any_of(text, [](char c) {
        const auto byte = static_cast<std::uint8_t>(c);
        return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
    });
}

CodePoint first_code_point(std::string_view text) noexcept
{
    const auto length = sequence_length(text, 0);
    if (length == 0) return {.value = U'\uFFFD', .bytes = 1};
    const auto lead = static_cast<std::uint8_t>(text.front());
    if (length == 1) return {.value = lead, .bytes = 1};
    char32_t value = lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) value = (value << 6U) | (static_cast<std::uint8_t>(text[i]) & 0x3FU);
    return {.value = value, .bytes = length};
}

bool is_hidden(char32_t point) noexcept
{
    struct Range {
        char32_t first;
        char32_t last;
    };
    static constexpr Range kRanges[] = {
        {0x0000, 0x001F},    // C0
        {0x007F, 0x009F},    // DEL, C1
        {0x00AD, 0x00AD},    // soft hyphen
        {0x061C, 0x061C},    // Arabic letter mark
        {0x180E, 0x180E},    // Mongolian vowel separator
        {0x200B, 0x200F},    // no width, joiners, marks of direction
        {0x2028, 0x202E},    // ends of lines and paragraphs, embedding and override of direction
        {0x2060, 0x206F},    // joiners, invisible operators, isolation of direction
        {0xFEFF, 0xFEFF},    // byte order mark
        {0xFFF9, 0xFFFB},    // interlinear annotation
        {0xE0000, 0xE007F},  // tags
    };
    if (point >= 0x20 && point < 0x7F) return false;
    return std::ranges::any_of(kRanges, [&](Range range) { return point >= range.first && point <= range.last; });
}

bool has_hidden(std::string_view text) noexcept
{
    while (!text.empty()) {
        const auto [point, bytes] = first_code_point(text);
        if (is_hidden(point)) return true;
        text.remove_prefix(bytes);
    }
    return false;
}

std::string shown_text(std::string_view text, LineFeeds feeds)
{
    std::string shown;
    shown.reserve(text.size());
    while (!text.empty()) {
        const auto [point, bytes] = first_code_point(text);
        const bool stays = feeds == LineFeeds::kept && (point == U'\n' || point == U'\t');
        if (is_hidden(point) && !stays) {
            shown += ' ';
        } else if (point == U'\uFFFD') {
            shown += "\uFFFD";
        } else {
            shown += text.substr(0, bytes);
        }
        text.remove_prefix(bytes);
    }
    return shown;
}

void append_json_escape(std::string& out, char32_t point)
{
    constexpr std::string_view kHex = "0123456789abcdef";
    constexpr char32_t kBeyond = 0x10000;
    if (point >= kBeyond) {
        append_json_escape(out, 0xD800 + ((point - kBeyond) >> 10U));
        append_json_escape(out, 0xDC00 + ((point - kBeyond) & 0x3FFU));
        return;
    }
    out += "\\u";
    for (const unsigned shift : {12U, 8U, 4U, 0U}) out += kHex[(point >> shift) & 0xFU];
}

std::size_t edit_distance(std::string_view a, std::string_view b)
{
    const auto width = b.size() + 1;
    std::vector<std::size_t> rows(3 * width);
    auto* row = rows.data();
    auto* above = row + width;     // the row before, and
    auto* higher = above + width;  // the one before that
    std::iota(row, row + width, std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::swap(higher, above);
        std::swap(above, row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto substitution = above[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, substitution});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], higher[j - 2] + 1);
        }
    }
    return row[b.size()];
}

bool begin_alike(std::string_view a, std::string_view b) noexcept
{
    a.remove_prefix(std::min(a.find_first_not_of('-'), a.size()));
    b.remove_prefix(std::min(b.find_first_not_of('-'), b.size()));
    return a.substr(0, 1) == b.substr(0, 1);
}

}  // namespace winnow
