#pragma once

/// @file
/// Whole rule sets as files: read without a server, and written as somebody would.

#include "winnow/base/result.hpp"
#include "winnow/domain/rule.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string_view>
#include <vector>

namespace winnow::forms {

/// Reads and checks a JSON text, an array of rules, as PUT /api/v1/ruleset takes them. They get positions and, where
/// they have none, ids by their place. Errors are `invalid_argument` with all that is wrong, pointers beginning with
/// the rule's index: "/0/condition". Whether a contact group exists is not looked at.
[[nodiscard]] Result<std::vector<domain::Rule>> read_rule_documents(std::string_view json);

/// Rules as rule_json() shows them, as a list that somebody would write: without what only the server knows and what
/// goes without saying, in a readable order of fields.
[[nodiscard]] nlohmann::ordered_json written_rules(const nlohmann::json& rules);

}  // namespace winnow::forms
