#pragma once

/// @file
/// From the rules that are to the rules that shall be. Pure.

#include "api/rules/rule_json.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/ports/rule_store.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace winnow::api {

/// The fields, by their names in the API, in which two rules differ. Identity, place and history are no fields.
[[nodiscard]] std::vector<std::string> differing_fields(const domain::Rule& a, const domain::Rule& b);

struct RulesetPlan {
    ports::RuleChanges changes;
    std::vector<std::vector<std::string>> updated_fields;  ///< What differs, one list a rule of `changes.updated`.
    std::vector<domain::Rule> deleted;
    std::vector<domain::Rule> unchanged;  ///< Save perhaps for their place.
    bool reordered = false;               ///< Rules that stay change places among themselves.
};

/// Who changes the rules, and when.
struct RulesetAuthor {
    std::string actor;
    Timestamp at;
    std::function<Uuid()> new_id;
    /// The last versions of rules that the tenant had once: wanted again, they come back under their ids.
    std::unordered_map<RuleId, std::int64_t> deleted_before = {};
};

/// The rules of `wanted`, in their order, take the places 1, 2, …. Each is the existing rule of its id, else the first
/// one left of its name, else one that was deleted before, else a new one; existing rules that none of them is are
/// deleted.
[[nodiscard]] RulesetPlan plan_ruleset(const std::vector<domain::Rule>& existing, const std::vector<RuleInput>& wanted,
                                       const RulesetAuthor& author);

}  // namespace winnow::api
