#pragma once

/// @file
/// Adds to the noise statistics. Private to pg.

#include "winnow/base/uuid.hpp"
#include "winnow/domain/noise.hpp"

#include <pqxx/transaction_base>

#include <vector>

namespace winnow::pg {

/// Under the lock on the tenant's folding.
void add_noise(pqxx::transaction_base& tx, TenantId tenant, const std::vector<domain::NoiseRow>& rows);

}  // namespace winnow::pg
