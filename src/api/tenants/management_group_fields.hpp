#pragma once

/// @file
/// `management_group_ids` of users and keys, as requests and answers hold it.

#include "api/rest/json_body.hpp"
#include "winnow/access/groups.hpp"
#include "winnow/base/result.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <nlohmann/json_fwd.hpp>

namespace winnow::api {

/// null or absent: narrowed to none.
[[nodiscard]] access::Groups read_groups(FieldReader& fields);

/// An array, or null: narrowed to none.
[[nodiscard]] nlohmann::json groups_json(const access::Groups& groups);

/// An error with a pointer to the first that is no group of the tenant.
[[nodiscard]] Result<Done> are_groups(ports::TenantSession& session, const access::Groups& groups);

}  // namespace winnow::api
