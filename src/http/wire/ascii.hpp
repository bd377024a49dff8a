#pragma once

/// @file
/// Comparisons and character classes of RFC 9110, independent of any locale.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace winnow::http {

constexpr char to_lower(char c) noexcept
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool iequals(std::string_view a, std::string_view b) noexcept
{
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                              [](char x, char y) { return x == y || to_lower(x) == to_lower(y); });
}

constexpr bool is_digit(char c) noexcept
{
    return c >= '0' && c <= '9';
}

constexpr bool is_alnum(char c) noexcept
{
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}

/// `tchar` of RFC 9110 §5.6.2.
constexpr bool is_token_character(char c) noexcept
{
    return is_alnum(c) || std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

constexpr bool is_token(std::string_view text) noexcept
{
    return !text.empty() && std::ranges::all_of(text, is_token_character);
}

/// No control character except tab; bytes above 0x7F are left to whoever reads the value.
constexpr bool is_field_value(std::string_view text) noexcept
{
    return std::ranges::none_of(text, [](char c) {
        const auto byte = static_cast<std::uint8_t>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7F;
    });
}

constexpr std::string_view trim(std::string_view text) noexcept
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

}  // namespace winnow::http
