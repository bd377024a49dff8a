#pragma once

/// @file
/// Loads what a fold must know. Private to pg.

#include "winnow/ports/triage_store.hpp"
#include "winnow/triage/fold.hpp"

#include <pqxx/transaction_base>

#include <cstddef>

namespace winnow::pg {

/// Tickets (for each dedup key the live one, else the latest; then those that only `tickets` and instances name),
/// locked in the order of their ids; instances; machines; the tenant's next ticket number; and sources.
[[nodiscard]] triage::States load_states(pqxx::transaction_base& tx, TenantId tenant, const triage::StateKeys& keys);

/// Firing instances whose end had passed by `until`, longest ago first. `now` is left to the caller.
[[nodiscard]] ports::ExpiredInstances load_expired(pqxx::transaction_base& tx, TenantId tenant, Timestamp until,
                                                   std::size_t limit);

}  // namespace winnow::pg
