#pragma once

/// @file
/// What rules take of a node's memory, so that no tenant's rules crowd out another's.

#include "winnow/base/result.hpp"
#include "winnow/domain/limits.hpp"
#include "winnow/domain/rule.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace winnow::rules {

struct Cost {
    std::size_t regexes = 0;       ///< In conditions and `extract` actions; equal patterns count each time.
    std::size_t instructions = 0;  ///< Of RE2, that they become.
    /// Those of conditions that may begin anywhere in a text, or at its beginning with no certain character, and name
    /// no text of 3 bytes that has to stand there: nothing finds the rule sooner, so every alert pays for them.
    std::size_t open_patterns = 0;
    std::size_t memory = 0;  ///< Bytes of texts, trees and compiled patterns, estimated.

    Cost& operator+=(const Cost& other) noexcept
    {
        regexes += other.regexes;
        instructions += other.instructions;
        open_patterns += other.open_patterns;
        memory += other.memory;
        return *this;
    }
};

/// Parses the condition. A rule that does not compile costs its text. Linear in the rule; depends on nothing else.
[[nodiscard]] Cost cost_of(const domain::Rule& rule);

/// The same for too_many_patterns() alone: next to nothing where the rule has no regular expression.
[[nodiscard]] Cost pattern_cost_of(const domain::Rule& rule);

/// So many bytes are regular expressions counted as, at most, that become so many instructions.
[[nodiscard]] std::size_t pattern_bytes(std::size_t regexes, std::size_t instructions) noexcept;

/// `conflict` with what is too much for a tenant, and what helps. `of_all`: of all its rules together. `stored`: of
/// those that it has already, perhaps from before there was a limit: so much it may keep.
[[nodiscard]] Result<Done> check_cost(const Cost& of_all, const domain::TenantLimits& limits, const Cost& stored = {});

/// Of regular expressions alone, which take long to compile: what is too much, where something is.
[[nodiscard]] std::optional<std::string> too_many_patterns(const Cost& of_all, const domain::TenantLimits& limits,
                                                           const Cost& stored = {});

}  // namespace winnow::rules
