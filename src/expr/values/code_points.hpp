#pragma once

/// @file
/// Text by code points: CEL counts and cuts by them. All of it is of well-formed UTF-8, and no slower than the text is
/// long. Private to expr.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace winnow::expr {

[[nodiscard]] constexpr bool starts_code_point(char c) noexcept
{
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

/// How many bytes the code point at `at` has; no more than are there.
[[nodiscard]] constexpr std::size_t length_at(std::string_view text, std::size_t at) noexcept
{
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    return length < text.size() - at ? length : text.size() - at;
}

[[nodiscard]] constexpr char32_t code_point_at(std::string_view text, std::size_t at) noexcept
{
    const auto length = length_at(text, at);
    const auto first = static_cast<unsigned char>(text[at]);
    char32_t point = length == 1 ? first : first & (0x7FU >> length);
    for (std::size_t k = 1; k < length; ++k) {
        point = point << 6U | (static_cast<unsigned char>(text[at + k]) & 0x3FU);
    }
    return point;
}

/// Where the code point of that number starts: the text's end after the last one, nullopt beyond and below 0.
[[nodiscard]] std::optional<std::size_t> offset_of_code_point(std::string_view text, std::int64_t number) noexcept;

/// The first place of `part`, npos where there is none. Linear: libstdc++'s own find is not.
[[nodiscard]] std::size_t find_text(std::string_view text, std::string_view part) noexcept;
/// The last one.
[[nodiscard]] std::size_t find_last_text(std::string_view text, std::string_view part);

/// Unicode's White_Space.
[[nodiscard]] constexpr bool is_white_space(char32_t point) noexcept
{
    return (point >= 0x09 && point <= 0x0D) || point == 0x20 || point == 0x85 || point == 0xA0 || point == 0x1680 ||
           (point >= 0x2000 && point <= 0x200A) || point == 0x2028 || point == 0x2029 || point == 0x202F ||
           point == 0x205F || point == 0x3000;
}

}  // namespace winnow::expr
