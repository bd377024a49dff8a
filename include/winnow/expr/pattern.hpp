#pragma once

/// @file
/// What regular expressions may cost. RE2 goes through a text once, with states that it remembers; where a pattern
/// makes more states than its memory holds, each byte costs as much as the program is long. Which of the two it is
/// shows only when it happens: so before a match what a good one takes is charged, and after it what this one took
/// beyond that.

#include "winnow/expr/condition.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
class StringPiece;
}  // namespace re2

namespace winnow::expr {

/// The longest program that a pattern may become where it is saved, in RE2's instructions. What an older release stored
/// goes on.
inline constexpr int kMaxProgram = 1'500;

/// Why the pattern is too large to be saved: its size, the limit, and what helps. nullopt where it is not.
[[nodiscard]] std::optional<std::string> too_large(const re2::RE2& pattern);

/// How many instructions a pattern became, in its longer direction.
[[nodiscard]] std::size_t instructions_of(const re2::RE2& pattern);

/// What a compiled pattern is counted as, in bytes. RE2 keeps its syntax tree and both programs besides the states that
/// it builds while it matches.
inline constexpr std::size_t kPatternBytes = 4'096;
inline constexpr std::size_t kInstructionBytes = 64;

/// Whether `.` stands for a line feed, too.
enum class Dot : bool { no_line_feed, anything };

using CompiledPattern = Result<std::shared_ptr<const re2::RE2>>;

/// With states of 256 KiB at most. `invalid_argument` with what is wrong with it, in RE2's words, or in those of the
/// PatternBound that it is beyond.
[[nodiscard]] CompiledPattern compile_pattern(const std::string& pattern, Dot dot);

class PatternCache;

/// While one lives on a thread, compile_pattern() compiles equal patterns once there: a request's rules are looked at
/// several times. They are kept as long as it lives, up to 64 MiB of them. In another one it does nothing.
class PatternsOnce {
public:
    PatternsOnce();
    ~PatternsOnce();
    PatternsOnce(const PatternsOnce&) = delete;
    PatternsOnce& operator=(const PatternsOnce&) = delete;

private:
    std::unique_ptr<PatternCache> kept_;  ///< Of the outermost.
};

/// While one lives on a thread, what is compiled anew there is counted as it is compiled, whatever becomes of the
/// condition that it stands in; once it would be too much, nothing new is compiled. All of it is kept by the thread's
/// PatternsOnce, so equal patterns count once. In another one it does nothing.
class PatternBound {
public:
    /// `bytes`, as kPatternBytes and kInstructionBytes count them. `refusal` is the error of what is beyond. `more` is
    /// asked once, where they are used up, how many bytes there may be besides; what it compiles itself is not counted.
    PatternBound(std::size_t bytes, std::string refusal, std::function<std::size_t()> more = {});
    ~PatternBound();
    PatternBound(const PatternBound&) = delete;
    PatternBound& operator=(const PatternBound&) = delete;

    /// Something was refused.
    [[nodiscard]] bool is_met() const noexcept { return met_; }

private:
    friend class PatternCache;
    [[nodiscard]] bool take(std::size_t bytes);

    const PatternsOnce once_;
    std::size_t left_;
    std::string refusal_;
    std::function<std::size_t()> more_;
    bool met_ = false;
    bool asks_ = false;  ///< What is compiled meanwhile is not counted.
};

/// Nanoseconds that the calling thread has computed, which never go back. The core has no clock: who runs it gives it
/// one, once, before anything is matched.
/// Without one only what is charged before counts, and what conditions cost is the same on every machine.
using MatchClock = std::uint64_t (*)() noexcept;
void time_matches_with(MatchClock clock) noexcept;
[[nodiscard]] MatchClock match_clock() noexcept;  ///< nullptr where there is none.

/// Whether the pattern matches somewhere in the text; nullopt where the budget does not allow to look, or where looking
/// took more than it allows. Thread-safe.
[[nodiscard]] std::optional<bool> matches(const re2::RE2& pattern, std::string_view text, Budget& budget);

/// The same of the whole text.
[[nodiscard]] std::optional<bool> matches_whole(const re2::RE2& pattern, std::string_view text, Budget& budget);

/// As matches(), and puts what was found into `groups`: the whole of it, then the pattern's groups in their order, each
/// into `text`. They mean nothing where the answer is not true.
[[nodiscard]] std::optional<bool> finds(const re2::RE2& pattern, std::string_view text,
                                        std::span<re2::StringPiece> groups, Budget& budget);

}  // namespace winnow::expr
