#pragma once

/// @file
/// Rows of the table `tenants`. Private to pg.

#include "winnow/domain/tenant.hpp"

#include <pqxx/result>

#include <string>

namespace winnow::pg {

/// Reads the table's own column names.
[[nodiscard]] domain::Tenant read_tenant(const pqxx::row& row);

/// The column `rates`: {"ingest": {"rate": 100, "burst": 500}}. What is not understood is left out.
[[nodiscard]] domain::RateOverrides read_rates(const char* json);
[[nodiscard]] std::string rates_json(const domain::RateOverrides& rates);

}  // namespace winnow::pg
