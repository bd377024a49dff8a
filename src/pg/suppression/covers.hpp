#pragma once

/// @file
/// What triage keeps of silences, windows and inhibitions: quiet tickets, sources and counts. Private to pg.

#include "winnow/ports/fold_transaction.hpp"
#include "winnow/ports/ticket_store.hpp"

#include <pqxx/result>
#include <pqxx/transaction_base>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace winnow::pg {

/// Sources that still fire: all of these keys; of the others with these values, one of each kind.
[[nodiscard]] std::vector<domain::InhibitionSource> load_sources(pqxx::transaction_base& tx, TenantId tenant,
                                                                 const domain::InhibitionSourceKeys& keys);

/// Parks and forgets quiet tickets as `writes` say. To be called before store_covers(), which may have some of them
/// anew.
void end_quiet(pqxx::transaction_base& tx, TenantId tenant, const ports::TriageWrites& writes);

/// Stores quiet_tickets, covers and sources of `writes`.
void store_covers(pqxx::transaction_base& tx, TenantId tenant, const ports::TriageWrites& writes);

/// The config_version of a quiet ticket's row that waits for its ticket, which has ended, to come back by hand. It is
/// never due until then: whatever covers the ticket now matters only then.
inline constexpr auto kParked = std::numeric_limits<std::int64_t>::max();

/// What people's changes of tickets mean for covers: what is over explains nothing any more, what has come back quiet
/// is judged anew, what was let go is judged, too.
/// To be called before the changes are stored: it asks the rows which tickets are over until now.
void follow_people(pqxx::transaction_base& tx, TenantId tenant, const std::vector<ports::TicketChange>& changes);

/// Reads `select * from quiet_tickets …`.
[[nodiscard]] ports::QuietTicket read_quiet_ticket(const pqxx::row& row);

}  // namespace winnow::pg
