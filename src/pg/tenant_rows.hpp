#pragma once

/// @file
/// Rows of the table `tenants`. Private to pg.

#include "winnow/domain/tenant.hpp"

#include <pqxx/result>

namespace winnow::pg {

/// Reads the table's own column names.
[[nodiscard]] domain::Tenant read_tenant(const pqxx::row& row);

}  // namespace winnow::pg
