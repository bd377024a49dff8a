#pragma once

/// @file
/// Writing JSON text, and judging the text of numbers.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace winnow::intake {

/// Eight bytes at a time: texts here are too short for a call into the C library to pay.
namespace swar {

static_assert(std::endian::native == std::endian::little, "first() counts bytes from the low end");

inline constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101ULL;
inline constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080ULL;

/// The high bit of each byte that equals `c`; right up to the first hit, bytes behind it may be marked wrongly.
constexpr std::uint64_t bytes_equal(std::uint64_t word, char c) noexcept
{
    const auto difference = word ^ kOnes * static_cast<unsigned char>(c);
    return (difference - kOnes) & ~difference & kHighBits;
}

/// Index of the first marked byte. `hits` must not be 0.
constexpr std::size_t first(std::uint64_t hits) noexcept
{
    return static_cast<std::size_t>(std::countr_zero(hits)) / 8;
}

}  // namespace swar

/// Length of the text before the first quote or backslash. One of them must come; seven bytes behind it must be
/// readable.
inline std::size_t plain_length(const char* text) noexcept
{
    for (std::size_t at = 0;; at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text + at, 8);
        const auto hits = swar::bytes_equal(word, '"') | swar::bytes_equal(word, '\\');
        if (hits != 0) return at + swar::first(hits);
    }
}

/// Where a value stands in a document: a chain on the call stack, so that a pointer costs nothing until it is needed.
struct Path {
    static constexpr std::size_t kMember = static_cast<std::size_t>(-1);

    const Path* parent = nullptr;  ///< nullptr: the document itself, whose name is not written.
    std::string_view name;         ///< A member's name,
    std::size_t index = kMember;   ///< or an element's index.

    [[nodiscard]] Path member(std::string_view member_name) const { return {this, member_name, kMember}; }
    [[nodiscard]] Path element(std::size_t at) const { return {this, {}, at}; }

    /// JSON Pointer (RFC 6901), cut as cut_pointer() does. Costs no more than that, however long the names are.
    [[nodiscard]] std::string pointer() const;

    void append_to(std::string& pointer) const;
};

/// Names come from outside, and may be as long as a body.
inline constexpr std::size_t kMaxPointerBytes = 512;

/// Appends `/name` with `~` and `/` escaped; nothing to a pointer that is too long already, and little beyond that.
void append_pointer_token(std::string& pointer, std::string_view name);

/// Cuts to kMaxPointerBytes, an ellipsis at its end.
void cut_pointer(std::string& pointer);

/// Appends `text` (well-formed UTF-8) as a JSON string. The shortest escapes; everything above U+001F as it is.
void append_json_string(std::string& out, std::string_view text);

enum class Number { malformed, finite, overflowing };

/// Judges the text of a number by RFC 8259's grammar. Overflowing: no finite double comes near it.
[[nodiscard]] Number judge_number(std::string_view text);

}  // namespace winnow::intake
