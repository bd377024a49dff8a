#pragma once

/// @file
/// What a request does, into its tenant's audit chain: one place for all routes (audit::kActs).

#include "api/rest/route.hpp"
#include "winnow/audit/record.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace winnow::api {

/// The route's answer; where it is an act of those that are recorded so, the record is appended last in the
/// transaction: what is not committed has no record, and without its record nothing is committed.
[[nodiscard]] Result<Answer> recorded_answer(const Call& call, const Route& route, ports::TenantSession& session);

/// Whether that is asked of the route's requests: they only read, so a transaction of its own goes before their answer.
[[nodiscard]] bool is_recorded_beforehand(const Route& route) noexcept;
/// Whether an answer of this status is such an act: what was refused gave nothing away, nor does HEAD.
[[nodiscard]] bool is_recorded_beforehand(const Route& route, const http::RequestHead& head, int status) noexcept;
[[nodiscard]] Result<Done> record_beforehand(const Call& call, const Route& route, ports::TenantSession& session);

/// Who asks, for a record.
[[nodiscard]] audit::Actor actor_of(const Call& call);

/// The detail of a record about `what`: beside it who asks, by name, by which key, and from where. Cut to
/// audit::kMaxDetailBytes.
[[nodiscard]] std::string detail_of(const Call& call, nlohmann::json what);

}  // namespace winnow::api
