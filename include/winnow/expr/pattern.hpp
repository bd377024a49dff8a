#pragma once

/// @file
/// What regular expressions may cost. RE2 goes through a text once, with states that it remembers; where a pattern
/// makes more states than its memory holds, each byte costs as much as the program is long. Which of the two it is
/// shows only when it happens: so before a match what a good one takes is charged, and after it what this one took
/// beyond that.

#include "winnow/expr/condition.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace winnow::expr {

/// The longest program that a pattern may become where it is saved, in RE2's instructions. What an older release stored
/// goes on.
inline constexpr int kMaxProgram = 1'500;

/// Why the pattern is too large to be saved: its size, the limit, and what helps. nullopt where it is not.
[[nodiscard]] std::optional<std::string> too_large(const re2::RE2& pattern);

/// Nanoseconds that the calling thread has computed, which never go back. The core has no clock: who runs it gives it
/// one, once, before anything is matched.
/// Without one only what is charged before counts, and what conditions cost is the same on every machine.
using MatchClock = std::uint64_t (*)() noexcept;
void time_matches_with(MatchClock clock) noexcept;

/// Whether the pattern matches somewhere in the text; nullopt where the budget does not allow to look. Thread-safe.
[[nodiscard]] std::optional<bool> matches(const re2::RE2& pattern, std::string_view text, Budget& budget);

}  // namespace winnow::expr
