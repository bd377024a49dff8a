#pragma once

/// @file
/// What of the schema holds sealed values, and how a row of it is sealed anew. Private to pg.

#include "winnow/base/result.hpp"
#include "winnow/ports/vault/key_store.hpp"
#include "winnow/ports/vault/sealing.hpp"

#include <pqxx/result>
#include <pqxx/transaction_base>

#include <cstddef>
#include <span>
#include <string_view>

namespace winnow::pg {

/// As "table.column", in that order: all of it is sealed anew by one of the tables below. A test compares them with the
/// catalogue, and no key is destroyed while a database has others.
[[nodiscard]] std::span<const std::string_view> sealed_columns() noexcept;

/// One table that has some.
struct SealedTable {
    /// Rows of tenant $1 in which something is sealed under an older version than $2, or none of the tenant's, behind
    /// the id $3, $4 at most: id and value, in order of their ids. Locked; those that somebody is at are left out.
    const char* older;
    /// Seals what `older` has found anew and stores it. 1: something of it does not open, and stays as it is. An Error:
    /// nothing can be sealed now.
    Result<std::size_t> (*reseal)(pqxx::transaction_base& tx, ports::Sealing& sealing,
                                  const ports::TenantVersion& below, const pqxx::row& row);
};
[[nodiscard]] std::span<const SealedTable> sealed_tables() noexcept;

/// Tenants behind $1, $2 at most, of which something is sealed under no key of theirs; none before tenants' keys seal.
extern const char* const kTenantsWithoutKey;

/// Whether anything of tenant $1 is sealed under an older version than $2.
extern const char* const kSealedUnderOlder;

}  // namespace winnow::pg
