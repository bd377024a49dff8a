#pragma once

/// @file
/// Writes the noise statistics. Private to pg.

#include "winnow/base/uuid.hpp"
#include "winnow/domain/noise.hpp"

#include <pqxx/transaction_base>

#include <cstddef>
#include <vector>

namespace winnow::pg {

/// Adds to the statistics: from the commit on it is read, and waits to be gathered.
void add_noise(pqxx::transaction_base& tx, TenantId tenant, const std::vector<domain::NoiseRow>& rows);

/// Gathers up to `limit` additions of all tenants into one row a key and hour, and returns how many there were. 0, too,
/// while somebody else does the same.
[[nodiscard]] std::size_t gather_noise(pqxx::transaction_base& tx, std::size_t limit);

}  // namespace winnow::pg
