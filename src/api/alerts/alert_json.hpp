#pragma once

/// @file
/// Journalled alerts as the API shows them.

#include "api/alerts/alert_history.hpp"
#include "api/rest/page.hpp"
#include "api/rest/route.hpp"
#include "winnow/http/message.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace winnow::api {

/// The fields of api.md §3, as the alert was received.
[[nodiscard]] nlohmann::json received_json(const domain::Alert& alert);

/// received_json() with `id`, `received_at`, `integration_id`, `integration`, and what became of it: `disposition`,
/// `effect`, `ticket_id`, `folded_dedup_key` (after the rules), `matched_rules`.
[[nodiscard]] nlohmann::json alert_json(const PastAlert& past);

/// What intake changed, as `[{code, pointer, detail}]`.
[[nodiscard]] nlohmann::json warnings_json(const domain::Alert& alert);

/// `{kind, id}`, or null where nothing covered the alert.
[[nodiscard]] nlohmann::json quieted_by_json(const PastAlert& past);

/// `{kind, id}` of what was dearest, or null where judging the alert cost no more than it may.
[[nodiscard]] nlohmann::json over_budget_json(const PastAlert& past);

/// The disposition's word; "pending" while there is no verdict.
[[nodiscard]] std::string_view disposition_word(const PastAlert& past);

/// The dedup key after the rules.
[[nodiscard]] const std::string& folded_dedup_key(const PastAlert& past);

/// One page of the journal. The call's cursor has one part, an alert's id.
[[nodiscard]] Result<http::Response> alerts_page(const Call& call, ports::AlertArchive& archive,
                                                 const AlertQuery& query, const PageRequest& page);

}  // namespace winnow::api
