#pragma once

/// @file
/// What evaluating costs, in steps (docs/conditions.md). Private to expr.
///
/// One rule for all: an operation pays for what it will touch before it touches it, and what is begun of a block of
/// bytes counts whole. `cost_search` looks for what is dearer than it pays.

#include "winnow/expr/value.hpp"

#include <cstddef>

namespace winnow::expr::price {

[[nodiscard]] constexpr std::size_t blocks(std::size_t bytes, std::size_t size) noexcept
{
    return (bytes + size - 1) / size;
}

// Bytes a step, by what is done with them.
inline constexpr std::size_t kCopied = 256;
inline constexpr std::size_t kKept = 128;  ///< Beside being copied.
inline constexpr std::size_t kCompared = 64;
inline constexpr std::size_t kWritten = 64;   ///< Joined, or changed letter by letter.
inline constexpr std::size_t kGrown = 32;     ///< Written behind others: what is there moves where there is more room.
inline constexpr std::size_t kSearched = 16;  ///< Also counted: characters are not bytes.
inline constexpr std::size_t kTurned = 8;     ///< Searched or written backwards.
inline constexpr std::size_t kRead = 16;      ///< As a number, a time, an address; a key that is looked up.
inline constexpr std::size_t kMatched = 10;   ///< By a regular expression.

// Steps.
inline constexpr std::size_t kMatch = 8;       ///< To begin with a regular expression.
inline constexpr std::size_t kMapEntry = 6;    ///< Put into a map.
inline constexpr std::size_t kMapFound = 2;    ///< Looked up in one.
inline constexpr std::size_t kPiece = 3;       ///< Of a text that falls to pieces.
inline constexpr std::size_t kConversion = 4;  ///< From or to a text.
inline constexpr std::size_t kTimeText = 20;   ///< A time as text.
inline constexpr std::size_t kZone = 12;       ///< The clocks of a time zone.
inline constexpr std::size_t kNoZone = 120;    ///< There is none of that name.
inline constexpr std::size_t kNetwork = 12;    ///< An address in networks.
inline constexpr std::size_t kSwallowed = 8;   ///< An error that does not end the evaluation: it was put into words.

/// Copying a value, beside the step that asks for it: texts are copied, lists and maps are shared.
[[nodiscard]] inline std::size_t of_copy(const Value& value) noexcept
{
    if (const auto* text = value.as<std::string>()) return blocks(text->size(), kCopied);
    if (const auto* bytes = value.as<Bytes>()) return blocks(bytes->data.size(), kCopied);
    return 0;
}

/// Keeping a value in a list or a map, beside copying it: what is kept of a long text is memory that nobody has touched
/// yet, where a copy that goes at once comes to lie where the last one was.
[[nodiscard]] inline std::size_t of_keeping(const Value& value) noexcept
{
    if (const auto* text = value.as<std::string>()) return text->size() / kKept;
    if (const auto* bytes = value.as<Bytes>()) return bytes->data.size() / kKept;
    return 0;
}

}  // namespace winnow::expr::price
