#pragma once

/// @file
/// What rules take of a node's memory, so that no tenant's rules crowd out another's.

#include "winnow/base/result.hpp"
#include "winnow/domain/rule.hpp"

#include <cstddef>

namespace winnow::rules {

struct Cost {
    std::size_t regexes = 0;  ///< In conditions and `extract` actions; equal patterns count each time.
    std::size_t memory = 0;   ///< Bytes of texts, trees and compiled patterns, estimated.

    Cost& operator+=(const Cost& other) noexcept
    {
        regexes += other.regexes;
        memory += other.memory;
        return *this;
    }
};

/// Of all rules of one tenant together.
struct Allowance {
    std::size_t regexes = 5'000;
    std::size_t memory = std::size_t{128} << 20U;
};

/// Parses the condition. A rule that does not compile costs its text. Linear in the rule; depends on nothing else.
[[nodiscard]] Cost cost_of(const domain::Rule& rule);

/// `conflict` with what is too much, and what helps.
[[nodiscard]] Result<Done> check_cost(const Cost& of_all, const Allowance& allowance);

}  // namespace winnow::rules
