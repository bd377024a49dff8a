#pragma once

/// @file
/// Routes that lead to nobody: to contact groups that have no enabled contact.

#include "winnow/base/result.hpp"
#include "winnow/domain/rule.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace winnow::api {

/// Appends a finding (as lint's, in JSON) for each route of the rules none of whose groups has an enabled contact.
[[nodiscard]] Result<Done> append_mute_routes(nlohmann::json& findings, const std::vector<domain::Rule>& rules,
                                              ports::TenantSession& session);

/// Why a ticket's route led to nobody, in a sentence. `rule`: the name of the one that routed; "" where none is known.
[[nodiscard]] Result<std::string> why_nobody_is_reached(const std::vector<ContactGroupId>& route,
                                                        const std::string& rule, ports::TenantSession& session);

}  // namespace winnow::api
