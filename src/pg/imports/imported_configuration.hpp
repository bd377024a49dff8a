#pragma once

/// @file
/// Whether nodes can read what an import makes of a tenant's configuration. Private to pg.

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/limits.hpp"

#include <pqxx/transaction_base>

namespace winnow::pg {

/// Reads all of it as triage and the API do; and whether its rules cost no more than a tenant's may. In the tenant's
/// transaction. `invalid_argument`: what cannot be read, or costs too much. Throws what libpqxx throws.
[[nodiscard]] Result<Done> can_be_read(pqxx::transaction_base& tx, TenantId tenant, const domain::TenantLimits& limits);

}  // namespace winnow::pg
