#pragma once

/// @file
/// Dedup keys that rules make.

#include "rules/field.hpp"

#include <string>
#include <vector>

namespace winnow::rules {

/// `10:labels.env=s4:prod;6:source=-;`: each name with its length in bytes, each value with its kind and its length,
/// so that two sets of values never read the same, whatever stands in them, and a missing value is none of them.
[[nodiscard]] std::string identity_of(const std::vector<Field>& fields, const domain::Alert& alert);

/// The key itself while it fits the limit of a sender's key; else its beginning and a SHA-256 of the whole.
[[nodiscard]] std::string bounded_key(std::string key);

}  // namespace winnow::rules
