#pragma once

/// @file
/// Dedup keys that rules make.

#include "rules/field.hpp"
#include "winnow/domain/limits.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace winnow::rules {

/// `10:labels.env=s4:prod;6:source=-;`: each name with its length in bytes, each value with its kind and its length,
/// so that two sets of values never read the same, whatever stands in them, and a missing value is none of them.
[[nodiscard]] std::string identity_of(const std::vector<Field>& fields, const domain::Alert& alert);

/// The key itself while it has at most `max_chars` characters; else its beginning and a SHA-256 of the whole.
[[nodiscard]] std::string bounded_key(std::string key,
                                      std::size_t max_chars = domain::AlertLimits{}.max_dedup_key_chars);

}  // namespace winnow::rules
