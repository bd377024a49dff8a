#pragma once

/// @file
/// What regular expressions may cost. RE2 goes through a text once, with states that it remembers; where a pattern
/// makes more states than its memory holds, each byte costs as much as the program is long. Which of the two it is
/// shows only when it happens: so before a match what a good one takes is charged, and after it what this one took
/// beyond that.

#include "winnow/expr/condition.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
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

/// How many instructions a pattern became, in its longer direction.
[[nodiscard]] std::size_t instructions_of(const re2::RE2& pattern);

/// Whether `.` stands for a line feed, too.
enum class Dot : bool { no_line_feed, anything };

/// With states of 256 KiB at most. What is wrong with it is for the caller to ask: `ok()`, `error()`.
[[nodiscard]] std::shared_ptr<const re2::RE2> compile_pattern(const std::string& pattern, Dot dot);

/// While one lives on a thread, compile_pattern() compiles equal patterns once there: a request's rules are looked at
/// several times. They are kept as long as it lives, up to some number of instructions. In another one it does nothing.
class PatternsOnce {
public:
    PatternsOnce();
    ~PatternsOnce();
    PatternsOnce(const PatternsOnce&) = delete;
    PatternsOnce& operator=(const PatternsOnce&) = delete;

private:
    class Kept;
    std::unique_ptr<Kept> kept_;  ///< Of the outermost.
    friend std::shared_ptr<const re2::RE2> compile_pattern(const std::string& pattern, Dot dot);
};

/// Nanoseconds that the calling thread has computed, which never go back. The core has no clock: who runs it gives it
/// one, once, before anything is matched.
/// Without one only what is charged before counts, and what conditions cost is the same on every machine.
using MatchClock = std::uint64_t (*)() noexcept;
void time_matches_with(MatchClock clock) noexcept;

/// Whether the pattern matches somewhere in the text; nullopt where the budget does not allow to look. Thread-safe.
[[nodiscard]] std::optional<bool> matches(const re2::RE2& pattern, std::string_view text, Budget& budget);

/// The same of the whole text.
[[nodiscard]] std::optional<bool> matches_whole(const re2::RE2& pattern, std::string_view text, Budget& budget);

}  // namespace winnow::expr
