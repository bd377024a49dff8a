#pragma once

/// @file
/// What stores and runners of imports have in common. Private to pg.

#include "winnow/base/uuid.hpp"
#include "winnow/domain/tenants/import.hpp"

#include <pqxx/transaction_base>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::pg {

/// Faults as the column has them: [{"file", "line", "field", "detail"}].
[[nodiscard]] std::vector<domain::ImportFault> read_faults(std::string_view json_text);
[[nodiscard]] std::string faults_json(const std::vector<domain::ImportFault>& faults);

/// A JSON array of lines that are JSON.
[[nodiscard]] std::string array_of_lines(std::span<const std::string> lines);

/// What the tenant has already that keeps an archive out: "rules"; "": nothing. In the tenant's transaction. Throws
/// what libpqxx throws.
[[nodiscard]] std::string first_in_the_way(pqxx::transaction_base& tx, TenantId tenant);

/// The same of what only administrators make, where another transaction has made it since this one began.
[[nodiscard]] std::string first_of_others(pqxx::transaction_base& tx, TenantId tenant);

/// The sentence about it.
[[nodiscard]] std::string in_the_way_of_import(std::string_view what);

}  // namespace winnow::pg
