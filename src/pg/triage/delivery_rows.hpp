#pragma once

/// @file
/// What a fold comes to owe, as rows. Private to pg.

#include "winnow/base/uuid.hpp"
#include "winnow/domain/owed.hpp"

#include <pqxx/transaction_base>

#include <vector>

namespace winnow::pg {

/// Stores notices, and a delivery for each recipient that the tenant's quotas have room for (domain::Quota::deliveries
/// and mails_a_day): those beyond are left out, in the order of `deliveries`, and counted.
void store_deliveries(pqxx::transaction_base& tx, TenantId tenant, const std::vector<domain::Owed>& deliveries);

}  // namespace winnow::pg
