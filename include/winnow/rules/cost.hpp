#pragma once

/// @file
/// What rules take of a node's memory, so that no tenant's rules crowd out another's.

#include "winnow/base/result.hpp"
#include "winnow/domain/limits.hpp"
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

/// Parses the condition. A rule that does not compile costs its text. Linear in the rule; depends on nothing else.
[[nodiscard]] Cost cost_of(const domain::Rule& rule);

/// `conflict` with what is too much for a tenant, and what helps. `of_all`: of all its rules together.
[[nodiscard]] Result<Done> check_cost(const Cost& of_all, const domain::TenantLimits& limits);

}  // namespace winnow::rules
