#pragma once

/// @file
/// Why an alert ended where it did: GET /alerts/{id}/explanation.

#include "api/alert_history.hpp"
#include "winnow/base/result.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <nlohmann/json_fwd.hpp>

namespace winnow::api {

/// The whole answer.
[[nodiscard]] Result<nlohmann::json> explain(const PastAlert& past, ports::TenantSession& session);

}  // namespace winnow::api
