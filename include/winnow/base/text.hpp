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

/// The code point at the beginning of `text`, which must not be empty, and its length; what is no UTF-8 is U+FFFD, a
/// byte at a time.
struct CodePoint {
    char32_t value;
    std::size_t bytes;
};
[[nodiscard]] CodePoint first_code_point(std::string_view text) noexcept;

/// True for what a terminal obeys and what nobody sees: controls (C0 with tab and line feed, DEL, C1), what turns the
/// direction of writing or ends a line, characters of no width and tags. Such a one makes text pass for other text.
[[nodiscard]] bool is_hidden(char32_t point) noexcept;
[[nodiscard]] bool has_hidden(std::string_view text) noexcept;

/// Somebody else's text as it may be shown to people: a blank stands for each hidden code point, U+FFFD for a byte that
/// is no UTF-8. With `kept`, line feeds and tabs stay.
enum class LineFeeds : bool { blanked, kept };
[[nodiscard]] std::string shown_text(std::string_view text, LineFeeds feeds = LineFeeds::blanked);

/// Adds a code point as JSON escapes it: \u009b, or two of them beyond U+FFFF.
void append_json_escape(std::string& out, char32_t point);

/// How many letters must be put in, left out, changed, or swapped with their neighbour, to get from one to the other.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// Whether both begin with the same letter, behind dashes ("--title").
[[nodiscard]] bool begin_alike(std::string_view a, std::string_view b) noexcept;

/// The candidate nearest to `word` by edit distance, or "" when none is near enough to suggest. One that begins with
/// another letter is chosen only where it is nearer by two: the first letter is rarely the wrong one.
/// `candidates` is any range of string_view-convertible values.
template <typename Range>
[[nodiscard]] std::string nearest(std::string_view word, const Range& candidates)
{
    constexpr std::size_t kOtherLetter = 3;       // a slip counts two
    const std::size_t far = word.size() / 3 + 2;  // this far is not a typo
    std::string best;
    auto best_cost = 2 * far + kOtherLetter;
    for (const auto& candidate : candidates) {
        const auto distance = edit_distance(word, candidate);
        if (distance >= far) continue;
        const auto cost = 2 * distance + (begin_alike(word, candidate) ? 0 : kOtherLetter);
        if (cost < best_cost) {
            best_cost = cost;
            best = std::string(candidate);
        }
    }
    return best;
}

}  // namespace winnow
