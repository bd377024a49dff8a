#pragma once

/// @file
/// Writing JSON text, and judging the text of numbers.

#include <cstddef>
#include <string>
#include <string_view>

namespace winnow::intake {

/// Where a value stands in a document: a chain on the call stack, so that a pointer costs nothing until it is needed.
struct Path {
    static constexpr std::size_t kMember = static_cast<std::size_t>(-1);

    const Path* parent = nullptr;  ///< nullptr: the document itself, whose name is not written.
    std::string_view name;         ///< A member's name,
    std::size_t index = kMember;   ///< or an element's index.

    [[nodiscard]] Path member(std::string_view member_name) const { return {this, member_name, kMember}; }
    [[nodiscard]] Path element(std::size_t at) const { return {this, {}, at}; }

    /// JSON Pointer (RFC 6901).
    [[nodiscard]] std::string pointer() const;
};

/// Appends `/name` with `~` and `/` escaped.
void append_pointer_token(std::string& pointer, std::string_view name);

/// Appends `text` (well-formed UTF-8) as a JSON string. The shortest escapes; everything above U+001F as it is.
void append_json_string(std::string& out, std::string_view text);

enum class Number { malformed, finite, overflowing };

/// Judges the text of a number by RFC 8259's grammar. Overflowing: no finite double comes near it.
[[nodiscard]] Number judge_number(std::string_view text);

}  // namespace winnow::intake
