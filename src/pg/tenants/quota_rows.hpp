#pragma once

/// @file
/// What quotas_of() and own_quotas() (migration 0048) return. Private to pg.

#include "winnow/domain/tenants/quota.hpp"

#include <pqxx/result>

#include <vector>

namespace winnow::pg {

/// All quotas in the order of domain::kQuotas; those that are not among the rows are not used. What only a later
/// program knows is left out.
[[nodiscard]] std::vector<domain::QuotaUse> read_quotas(const pqxx::result& rows);

}  // namespace winnow::pg
