#pragma once

/// @file
/// What triage keeps of silences, windows and inhibitions: quiet tickets, sources and counts. Private to pg.

#include "winnow/ports/triage_store.hpp"

#include <pqxx/result>
#include <pqxx/transaction_base>

#include <vector>

namespace winnow::pg {

/// The sources that still fire.
[[nodiscard]] std::vector<domain::InhibitionSource> load_sources(pqxx::transaction_base& tx, TenantId tenant,
                                                                 const domain::InhibitionSourceKeys& keys);

/// Stores quiet_tickets, covers and sources of `writes`.
void store_covers(pqxx::transaction_base& tx, TenantId tenant, const ports::TriageWrites& writes);

/// Reads `select * from quiet_tickets …`.
[[nodiscard]] ports::QuietTicket read_quiet_ticket(const pqxx::row& row);

}  // namespace winnow::pg
