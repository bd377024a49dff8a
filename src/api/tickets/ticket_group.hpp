#pragma once

/// @file
/// The management group of a ticket: shown, given by an admin, and taken back.

#include "api/rest/route.hpp"

namespace winnow::api {

[[nodiscard]] Result<http::Response> get_ticket_group(const Call& call, ports::TenantSession& session);
[[nodiscard]] Result<http::Response> put_ticket_group(const Call& call, ports::TenantSession& session);
/// It is its integration's again.
[[nodiscard]] Result<http::Response> delete_ticket_group(const Call& call, ports::TenantSession& session);

}  // namespace winnow::api
