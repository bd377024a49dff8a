#pragma once

/// @file
/// New recovery codes of a user's.

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>

namespace winnow::api {

/// In place of all that the user has: an array of texts, to be shown once.
[[nodiscard]] Result<nlohmann::json> new_recovery_codes(ports::TenantSession& session, UserId user,
                                                        const std::function<Uuid()>& new_id);

}  // namespace winnow::api
