#pragma once

/// @file
/// What is recorded of support grants, and how those of one of the staff end. Private to pg.

#include "winnow/base/uuid.hpp"
#include "winnow/ports/credential_store.hpp"
#include "winnow/ports/support/provider_support.hpp"

#include <nlohmann/json_fwd.hpp>
#include <pqxx/transaction_base>

namespace winnow::pg {

/// What a grant is, for a record's detail.
[[nodiscard]] nlohmann::json told_of(const access::SupportGrant& grant);

/// Ends what the one of the staff has asked for or approved, and refuses what waits still, in tenants' chains and the
/// provider's. Before other records of the transaction: locks are taken as all that end grants take them, rows first,
/// then the tenants' chains, then the provider's.
void end_grants_of(pqxx::transaction_base& tx, StaffId staff, const ports::ProviderRequest& by);

}  // namespace winnow::pg
