#pragma once

/// @file
/// What becomes of a user whom somebody else changes: an admin, or the tenant's directory.

#include "api/rest/route.hpp"
#include "winnow/base/result.hpp"
#include "winnow/ports/user_store.hpp"
#include "winnow/signin/endings.hpp"

namespace winnow::api {

/// Stores a user as the next version of `current`, unless nobody could administer the tenant afterwards. Who may no
/// longer, or may something else, is signed out; who is disabled loses keys and links for good; whose address changes
/// is told at the old one. Under the lock of the configuration.
/// @param disabled  Why the sessions of a user end who is disabled by it.
[[nodiscard]] Result<ports::User> replace_user(const Call& call, ports::TenantSession& session,
                                               const ports::User& current, ports::User wanted,
                                               signin::Ending disabled = signin::Ending::user_disabled);

/// Who is to be an admin or auditor is narrowed to no management groups: what these do is of the whole tenant. Pure.
void take_role(ports::User& user, access::Role role);

}  // namespace winnow::api
