#pragma once

/// @file
/// Random expressions over random alerts, made of a list of numbers: a small change of the list is a small change of
/// what comes out of it, so that a search can climb.

#include "winnow/domain/alert.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace winnow::cost {

using Genome = std::vector<std::uint32_t>;

struct Candidate {
    std::string expression;
    domain::Alert alert;
};

[[nodiscard]] Genome random_genome(std::mt19937& dice);
/// Some numbers changed, a piece left out, doubled, or taken from `other`.
[[nodiscard]] Genome mutated(const Genome& genome, const Genome& other, std::mt19937& dice);
[[nodiscard]] Candidate made_of(const Genome& genome);

}  // namespace winnow::cost
