#pragma once

/// @file
/// Checks on text from outside.

#include <cstddef>
#include <string>
#include <string_view>

namespace winnow {

/// True when `text` is well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
[[nodiscard]] bool is_valid_utf8(std::string_view text) noexcept;

/// Number of code points in well-formed UTF-8.
[[nodiscard]] std::size_t count_code_points(std::string_view text) noexcept;

/// Cuts well-formed UTF-8 to at most `max_bytes` without splitting a code point.
[[nodiscard]] std::string_view truncate_utf8(std::string_view text, std::size_t max_bytes) noexcept;

/// True when a C0 control character other than tab, line feed and carriage return, or DEL, is inside.
[[nodiscard]] bool has_control_characters(std::string_view text) noexcept;

/// The candidate nearest to `word` by edit distance, or "" when none is near enough to suggest.
/// `candidates` is any range of string_view-convertible values.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

template <typename Range>
[[nodiscard]] std::string nearest(std::string_view word, const Range& candidates)
{
    std::string best;
    std::size_t best_distance = word.size() / 3 + 2;  // further than this is not a typo
    for (const auto& candidate : candidates) {
        const auto distance = edit_distance(word, candidate);
        if (distance < best_distance) {
            best_distance = distance;
            best = std::string(candidate);
        }
    }
    return best;
}

}  // namespace winnow
