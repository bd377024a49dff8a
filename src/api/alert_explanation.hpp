#pragma once

/// @file
/// Why an alert ended where it did: GET /alerts/{id}/explanation.

#include "api/alert_history.hpp"
#include "winnow/base/result.hpp"
#include "winnow/domain/rule.hpp"
#include "winnow/domain/ticket.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace winnow::api {

/// Why nobody was told of an alert: a stable code, and a sentence.
struct Reason {
    std::string_view code;
    std::string detail;
};

/// What an alert that led to no delivery owes it to. `told` says whether it led to an event that is told to contacts;
/// `ticket` is its ticket as it is now, if it has one.
[[nodiscard]] Reason why_nobody_was_told(const PastAlert& past, const domain::Ticket* ticket, bool told);

/// What the rules of today see in the alert, each with whether the version that acted then is this one.
[[nodiscard]] nlohmann::json rules_trace_json(const PastAlert& past, const std::vector<domain::Rule>& rules);

/// The whole answer.
[[nodiscard]] Result<nlohmann::json> explain(const PastAlert& past, ports::TenantSession& session);

}  // namespace winnow::api
