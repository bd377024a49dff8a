#pragma once

/// @file
/// Why an alert ended where it did: GET /alerts/{id}/explanation.

#include "api/alerts/alert_history.hpp"
#include "api/rest/route.hpp"
#include "winnow/base/result.hpp"
#include "winnow/ports/tenant_session.hpp"

namespace winnow::api {

/// Reads what the answer needs; the rest, with the rules' part, needs the database no more.
[[nodiscard]] Result<Answer> explain(PastAlert past, ports::TenantSession& session);

}  // namespace winnow::api
