#pragma once

/// @file
/// Audit records as the API shows them, and what their lists are asked for: of a tenant and of the provider.

#include "api/rest/page.hpp"
#include "winnow/audit/chain.hpp"
#include "winnow/http/message.hpp"
#include "winnow/ports/audit_store.hpp"

#include <nlohmann/json_fwd.hpp>

namespace winnow::api {

[[nodiscard]] nlohmann::json audit_json(const ports::AuditRecord& record);

/// As a line of an export has it. Refers to the record's texts.
[[nodiscard]] audit::Link link_of(const ports::AuditRecord& record);

struct AuditList {
    ports::AuditFilter filter;
    Stretch<ports::AuditPlace> stretch;
};

/// `from`, `to`, `actor`, `act`, `on`, `limit` and `cursor`; 400 `invalid_parameter` about others.
[[nodiscard]] Result<AuditList> audit_list(const http::RequestHead& head);

[[nodiscard]] ports::AuditPlace audit_place(const ports::AuditRecord& record);
[[nodiscard]] Cursor audit_cursor(const ports::AuditPlace& place);

}  // namespace winnow::api
