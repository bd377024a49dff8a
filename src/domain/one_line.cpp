#include "winnow/domain/one_line.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace winnow::domain {

namespace {

/// Code points, first and last, that show nothing: blanks, joiners, marks of direction, fillers, variation selectors,
/// tags. Ascending.
struct Range {
    char32_t first;
    char32_t last;
};
constexpr std::array kUnseen{
    Range{0x80, 0xA0},     Range{0xAD, 0xAD},     Range{0x34F, 0x34F},   Range{0x61C, 0x61C},    Range{0x115F, 0x1160},
    Range{0x1680, 0x1680}, Range{0x17B4, 0x17B5}, Range{0x180B, 0x180F}, Range{0x2000, 0x200F},  Range{0x2028, 0x202F},
    Range{0x205F, 0x206F}, Range{0x2800, 0x2800}, Range{0x3000, 0x3000}, Range{0x3164, 0x3164},  Range{0xFE00, 0xFE0F},
    Range{0xFEFF, 0xFEFF}, Range{0xFFA0, 0xFFA0}, Range{0xFFF0, 0xFFFB}, Range{0xE0000, 0xE0FFF}};

bool is_unseen(char32_t c) noexcept
{
    const auto at = std::ranges::lower_bound(kUnseen, c, {}, &Range::last);
    return at != kUnseen.end() && at->first <= c;
}

/// ASCII's blanks and control characters, and what else ends a line.
bool is_gap(char32_t c) noexcept
{
    return c <= 0x20 || c == 0x7F || c == 0x85 || c == 0x2028 || c == 0x2029;
}

/// The first code point of well-formed UTF-8 and how many bytes it has.
std::pair<char32_t, std::size_t> first_of(std::string_view text) noexcept
{
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = std::min<std::size_t>(lead < 0xC0   ? 1
                                                     : lead < 0xE0 ? 2
                                                     : lead < 0xF0 ? 3
                                                                   : 4,
                                                     text.size());
    char32_t c = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) c = c << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
    return {c, length};
}

}  // namespace

bool is_plain_line(std::string_view text) noexcept
{
    if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
    bool odd = false;  // no early way out, so that the compiler makes vectors of it
    for (const char c : text) odd |= static_cast<unsigned char>(c - ' ') >= 0x7F - ' ';
    for (std::size_t i = 1; i < text.size(); ++i) {
        odd |= (static_cast<unsigned>(text[i] == ' ') & static_cast<unsigned>(text[i - 1] == ' ')) != 0;
    }
    return !odd;
}

std::string one_line(std::string_view text)
{
    if (is_plain_line(text)) return std::string(text);
    std::string line;
    line.reserve(text.size());
    bool shows = false;
    while (!text.empty()) {
        const auto [c, length] = first_of(text);
        if (is_gap(c)) {
            if (!line.empty() && line.back() != ' ') line += ' ';
        } else {
            line += text.substr(0, length);
            shows = shows || !is_unseen(c);
        }
        text.remove_prefix(length);
    }
    if (!shows) return {};
    if (line.back() == ' ') line.pop_back();
    return line;
}

}  // namespace winnow::domain
