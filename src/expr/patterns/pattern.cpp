#include "winnow/expr/pattern.hpp"

#include "expr/prices.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <atomic>

namespace winnow::expr {

namespace {

std::atomic<MatchClock> the_clock = nullptr;

/// What a step stands for, and what an instruction takes for a byte at the very worst, in nanoseconds.
constexpr std::size_t kStepNanos = 40;
constexpr std::size_t kWorstNanos = 16;
/// Bytes times instructions from which on a match is worth looking at the clock twice.
constexpr std::size_t kWorthTiming = 512;

}  // namespace

std::size_t instructions_of(const re2::RE2& pattern)
{
    if (!pattern.ok()) return 0;
    return static_cast<std::size_t>(std::max({pattern.ProgramSize(), pattern.ReverseProgramSize(), 0}));
}

std::optional<std::string> too_large(const re2::RE2& pattern)
{
    const auto program = instructions_of(pattern);
    if (program <= static_cast<std::size_t>(kMaxProgram)) return std::nullopt;
    return "this regular expression becomes a program of " + std::to_string(program) + " instructions, the limit is " +
           std::to_string(kMaxProgram) +
           ": what is repeated {100} times counts 100 times, and \\p{L} or [^x] for many; write + or *, or a smaller "
           "number, and leave out .{0,200} at the ends, which does nothing";
}

void time_matches_with(MatchClock clock) noexcept
{
    the_clock = clock;
}

MatchClock match_clock() noexcept
{
    return the_clock.load(std::memory_order_relaxed);
}

namespace {

/// What is found is gone through once more for its groups, by each instruction in turn: what that takes, without a
/// clock.
std::size_t price_of_groups(const re2::RE2& pattern, std::span<const re2::StringPiece> groups)
{
    constexpr std::size_t kInstructionsAStep = 6;
    if (groups.empty()) return 0;
    return groups.front().size() * static_cast<std::size_t>(std::max(pattern.ProgramSize(), 1)) / kInstructionsAStep;
}

std::optional<bool> look(const re2::RE2& pattern, std::string_view text, re2::RE2::Anchor anchor,
                         std::span<re2::StringPiece> groups, Budget& budget)
{
    const auto paid = price::kMatch + price::blocks(text.size(), price::kMatched);
    if (!budget.charge(paid)) return std::nullopt;
    const re2::StringPiece subject(text.data(), text.size());
    const auto find = [&] {
        return pattern.Match(subject, 0, text.size(), anchor, groups.data(), static_cast<int>(groups.size()));
    };
    const auto work = text.size() * static_cast<std::size_t>(std::max(pattern.ProgramSize(), 1));
    const auto clock = work < kWorthTiming ? nullptr : match_clock();
    if (clock == nullptr) {
        const bool found = find();
        if (found && !budget.charge(price_of_groups(pattern, groups))) return std::nullopt;
        return found;
    }
    const auto before = clock();
    const bool found = find();
    // Whatever the clock says, no match takes more than the worst, of which each group makes one more.
    const auto worst = work * kWorstNanos * std::max<std::size_t>(groups.size(), 1);
    const auto took = std::min<std::size_t>(clock() - before, worst) / kStepNanos;
    // The answer is there already. It is not given, so that somebody hears of what it took: who keeps overrunning is
    // set aside, and whoever asked one question only would never be.
    if (took <= paid) return found;
    const auto left = budget.steps;
    if (budget.charge(took - paid)) return found;
    budget.beside += took - paid - left;
    return std::nullopt;
}

}  // namespace

std::optional<bool> matches(const re2::RE2& pattern, std::string_view text, Budget& budget)
{
    return look(pattern, text, re2::RE2::UNANCHORED, {}, budget);
}

std::optional<bool> matches_whole(const re2::RE2& pattern, std::string_view text, Budget& budget)
{
    return look(pattern, text, re2::RE2::ANCHOR_BOTH, {}, budget);
}

std::optional<bool> finds(const re2::RE2& pattern, std::string_view text, std::span<re2::StringPiece> groups,
                          Budget& budget)
{
    return look(pattern, text, re2::RE2::UNANCHORED, groups, budget);
}

}  // namespace winnow::expr
