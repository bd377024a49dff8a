#pragma once

/// @file
/// Routes that lead to nobody: to contact groups that have no enabled contact.

#include "winnow/base/result.hpp"
#include "winnow/domain/rule.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace winnow::api {

/// Contact groups without an enabled contact, with their names.
using MuteGroups = std::unordered_map<ContactGroupId, std::string>;

/// Those of the groups. Asks nothing where there are none.
[[nodiscard]] Result<MuteGroups> mute_groups(const std::unordered_set<ContactGroupId>& among,
                                             ports::TenantSession& session);

/// The groups that the rules route to.
[[nodiscard]] std::unordered_set<ContactGroupId> groups_routed_to(const std::vector<domain::Rule>& rules);

/// Appends a finding (as lint's, in JSON) for each route of the rules none of whose groups has an enabled contact.
/// `mute`: of the groups that the rules route to.
void append_mute_routes(nlohmann::json& findings, const std::vector<domain::Rule>& rules, const MuteGroups& mute);
[[nodiscard]] Result<Done> append_mute_routes(nlohmann::json& findings, const std::vector<domain::Rule>& rules,
                                              ports::TenantSession& session);

/// The names of the groups that are still there, in the route's order.
[[nodiscard]] Result<std::vector<std::string>> names_on_route(const std::vector<ContactGroupId>& route,
                                                              ports::TenantSession& session);

/// Why a ticket's route led to nobody, in a sentence. `names`: those on the route. `rule`: the name of the one that
/// routed; "" where none is known.
[[nodiscard]] std::string why_nobody_is_reached(const std::vector<ContactGroupId>& route,
                                                const std::vector<std::string>& names, const std::string& rule);

}  // namespace winnow::api
