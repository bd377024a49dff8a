#pragma once

/// @file
/// Rules as PUT /api/v1/ruleset takes them, read without a server.

#include "winnow/base/result.hpp"
#include "winnow/domain/rule.hpp"

#include <string_view>
#include <vector>

namespace winnow::api {

/// Reads and checks a JSON array of rules. They get positions and, where they have none, ids by their place. Errors
/// are `invalid_argument` with all that is wrong, pointers beginning with the rule's index: "/0/condition". Whether a
/// contact group exists is not looked at. Pure.
[[nodiscard]] Result<std::vector<domain::Rule>> read_rule_documents(std::string_view json);

}  // namespace winnow::api
