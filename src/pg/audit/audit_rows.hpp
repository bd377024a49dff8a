#pragma once

/// @file
/// Audit records as they are written and read, whosever chain it is. Private to pg.

#include "winnow/base/uuid.hpp"
#include "winnow/ports/audit_store.hpp"

#include <pqxx/result>
#include <pqxx/transaction_base>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace winnow::pg {

/// What a record is stored of: its text, which commits to the detail with the salt.
struct WrittenAct {
    std::string record;
    std::string detail;
    std::string salt;  ///< 16 bytes.
};

/// With the node's time, a fresh id and a fresh salt.
[[nodiscard]] WrittenAct written(const audit::Act& act);

/// Appends to the provider's chain, in a transaction of winnow_provider, last: its number. Throws what libpqxx throws.
std::int64_t append_providers(pqxx::transaction_base& tx, const audit::Act& act);

/// Appends an act of the provider's to a tenant's chain, in a transaction of winnow_provider, before its own link.
void append_providers_act(pqxx::transaction_base& tx, TenantId tenant, const audit::Act& act);

/// Of a row (seq, at, hash, record, detail, salt).
[[nodiscard]] ports::AuditRecord read_audit_record(const pqxx::row& row);

/// Of the chain of `chain`, as ports::AuditStore::page() has it. Throws what libpqxx throws.
[[nodiscard]] std::vector<ports::AuditRecord> audit_page(pqxx::transaction_base& tx, const Uuid& chain,
                                                         const ports::AuditFilter& filter,
                                                         const std::optional<ports::AuditPlace>& after,
                                                         std::size_t limit);

/// As ports::AuditStore::links() and anchors() have it, of the chain of `chain`. Throw what libpqxx throws.
[[nodiscard]] std::vector<ports::AuditRecord> audit_links(pqxx::transaction_base& tx, const Uuid& chain,
                                                          std::int64_t after, std::int64_t last, std::size_t limit);
[[nodiscard]] std::vector<audit::Anchor> audit_anchors(pqxx::transaction_base& tx, const Uuid& chain,
                                                       std::int64_t after, std::size_t limit);

}  // namespace winnow::pg
