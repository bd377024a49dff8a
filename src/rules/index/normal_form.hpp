#pragma once

/// @file
/// A condition as alternatives: any of several clauses, each a list of literals that must all hold.

#include "rules/index/leaf.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace winnow::rules::index {

/// The condition is true exactly where all literals of one clause hold. Where it is not true the two may differ in
/// whether that is false or an error.
struct NormalForm {
    std::vector<Leaf> leaves;
    std::vector<Literal> literals;    ///< Clause by clause.
    std::vector<std::uint32_t> ends;  ///< Of each clause, in `literals`.

    [[nodiscard]] std::size_t clauses() const noexcept { return ends.size(); }
    [[nodiscard]] std::span<const Literal> clause(std::size_t i) const noexcept
    {
        const auto begin = i == 0 ? 0 : ends[i - 1];
        return std::span(literals).subspan(begin, ends[i] - begin);
    }
};

inline constexpr std::size_t kMaxClauses = 16;   ///< That a conjunction may be multiplied out to.
inline constexpr std::size_t kMaxLiterals = 32;  ///< Of a clause.

/// And, or and not over leaves are Kleene's three-valued logic, in which De Morgan's laws and distributivity hold; so
/// this is exact. What would grow beyond the limits stays one opaque leaf beside what the index can use.
[[nodiscard]] NormalForm normal_form(const expr::Node& condition);

/// `!=`, `!` and matchers' fallbacks taken apart; true where the node is and, or or not.
[[nodiscard]] bool is_connective(const expr::Node& node) noexcept;

}  // namespace winnow::rules::index
