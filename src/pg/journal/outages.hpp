#pragma once

/// @file
/// Times in which no sender could refresh: no node served, or what came waits to be applied. Private to pg.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/outage.hpp"

#include <pqxx/transaction_base>

#include <chrono>
#include <optional>
#include <span>

namespace winnow::pg {

// clang-format off
/// So old the latest heartbeat is where nobody serves: one comes every two seconds.
#define WINNOW_AWAY_AFTER "interval '15 seconds'"

/// As note_outage() does it, for a statement that does it by the way.
#define WINNOW_NOTE_OUTAGE                                                                  \
    "insert into outages (began_at, ended_at) "                                             \
    "select b.at, now() from (select max(renewed_at) as at from journal_streams) as b "     \
    "where b.at < now() - " WINNOW_AWAY_AFTER
// clang-format on

/// Writes down that nobody has served since the latest heartbeat of any node, where that is longer ago than a few
/// missed ones. To be called before the heartbeat that ends it, in its transaction: a database that stands still
/// between the two would let the heartbeat hide the outage.
void note_outage(pqxx::transaction_base& tx);

/// There is an outage that nobody has written down yet: whoever looks at the clock has come before the heartbeat.
[[nodiscard]] bool is_away(pqxx::transaction_base& tx);

/// Up to where ends count. Time in which nobody could refresh does not, so after an outage of ours only what had ended
/// before it, until senders have had `resolve_timeout` to come again. The same whether it is written down or not.
[[nodiscard]] Timestamp judged_until(pqxx::transaction_base& tx, std::chrono::milliseconds resolve_timeout);

/// The same for one tenant: only up to where its alerts have been applied, too. What was accepted and still waits may
/// refresh what seems to have ended. To be called under the tenant's fold lock. `outages`: that the caller knows of;
/// one that the database's clock left out may have been hidden from the heartbeats by one that was set before it.
[[nodiscard]] Timestamp judged_until(pqxx::transaction_base& tx, std::chrono::milliseconds resolve_timeout,
                                     TenantId tenant, std::span<const domain::Outage> outages);

/// When the oldest of the tenant's alerts was received that are committed and not applied; nullopt where all are. To be
/// called under the tenant's fold lock.
[[nodiscard]] std::optional<Timestamp> waiting_since(pqxx::transaction_base& tx, TenantId tenant);

}  // namespace winnow::pg
