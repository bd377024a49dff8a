#pragma once

/// @file
/// Text as code points: CEL counts and cuts by them. Private to expr.

#include "expr/cel/string_literal.hpp"

#include <string>
#include <string_view>

namespace winnow::expr {

/// Of well-formed UTF-8.
[[nodiscard]] inline std::u32string code_points(std::string_view text)
{
    std::u32string points;
    points.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const auto first = static_cast<unsigned char>(text[i]);
        const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        char32_t point = length == 1 ? first : first & (0x7FU >> length);
        for (std::size_t k = 1; k < length && i + k < text.size(); ++k) {
            point = point << 6U | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
        }
        points += point;
        i += length;
    }
    return points;
}

[[nodiscard]] inline std::string utf8(std::u32string_view points)
{
    std::string text;
    text.reserve(points.size());
    for (const auto point : points) cel::append_code_point(point, text);
    return text;
}

/// Unicode's White_Space.
[[nodiscard]] constexpr bool is_white_space(char32_t point) noexcept
{
    return (point >= 0x09 && point <= 0x0D) || point == 0x20 || point == 0x85 || point == 0xA0 || point == 0x1680 ||
           (point >= 0x2000 && point <= 0x200A) || point == 0x2028 || point == 0x2029 || point == 0x202F ||
           point == 0x205F || point == 0x3000;
}

}  // namespace winnow::expr
