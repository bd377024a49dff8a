#pragma once

/// @file
/// What triage keeps of silences, windows and inhibitions: quiet tickets, sources and counts. Private to pg.

#include "winnow/ports/triage_store.hpp"

#include <pqxx/result>
#include <pqxx/transaction_base>

#include <string>
#include <vector>

namespace winnow::pg {

/// The sources that still fire.
[[nodiscard]] std::vector<domain::InhibitionSource> load_sources(pqxx::transaction_base& tx, TenantId tenant,
                                                                 const domain::InhibitionSourceKeys& keys);

/// Stores quiet_tickets, covers and sources of `writes`.
void store_covers(pqxx::transaction_base& tx, TenantId tenant, const ports::TriageWrites& writes);

/// How a ticket without instances is named as the source of an inhibition.
[[nodiscard]] std::string source_key_of_ticket(const std::string& dedup_key);

/// These sources no longer fire: makes due what they cover.
void end_sources(pqxx::transaction_base& tx, TenantId tenant, const std::vector<std::string>& keys);

/// Reads `select * from quiet_tickets …`.
[[nodiscard]] ports::QuietTicket read_quiet_ticket(const pqxx::row& row);

}  // namespace winnow::pg
