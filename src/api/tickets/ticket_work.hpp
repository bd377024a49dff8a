#pragma once

/// @file
/// The handlers that change tickets: each locks, decides (ticket_changes.hpp), stores, in the caller's transaction.

#include "api/rest/route.hpp"

namespace winnow::api {

[[nodiscard]] Result<http::Response> patch_ticket(const Call& call, ports::TenantSession& session);
[[nodiscard]] Result<http::Response> transition_ticket(const Call& call, ports::TenantSession& session);
[[nodiscard]] Result<http::Response> add_ticket_comment(const Call& call, ports::TenantSession& session);
[[nodiscard]] Result<http::Response> put_ticket_parent(const Call& call, ports::TenantSession& session);
[[nodiscard]] Result<http::Response> delete_ticket_parent(const Call& call, ports::TenantSession& session);
[[nodiscard]] Result<http::Response> change_tickets_in_bulk(const Call& call, ports::TenantSession& session);

}  // namespace winnow::api
