#pragma once

/// @file
/// Writes the noise statistics. Private to pg.

#include "winnow/base/uuid.hpp"
#include "winnow/domain/noise.hpp"

#include <pqxx/transaction_base>

#include <vector>

namespace winnow::pg {

/// Adds to the statistics: from the commit on it is read, and waits to be gathered.
void add_noise(pqxx::transaction_base& tx, TenantId tenant, const std::vector<domain::NoiseRow>& rows);

}  // namespace winnow::pg
