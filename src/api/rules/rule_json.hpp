#pragma once

/// @file
/// Rules as the API shows them. How they are taken, and their fields: winnow/forms/rule_form.hpp.

#include "winnow/forms/rule_form.hpp"
#include "winnow/ports/rule_store.hpp"

#include <nlohmann/json_fwd.hpp>

namespace winnow::api {

using forms::kMaxRulePosition;
using forms::kMaxRulesetComment;
using forms::read_rule;
using forms::rule_json;
using forms::rule_list;
using forms::RuleInput;

/// With `stats`, and `cost` as it is at `now`.
[[nodiscard]] nlohmann::json rule_json(const ports::StoredRule& stored, Timestamp now);

}  // namespace winnow::api
