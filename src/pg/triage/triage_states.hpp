#pragma once

/// @file
/// Loads what a fold must know. Private to pg.

#include "winnow/triage/fold.hpp"

#include <pqxx/transaction_base>

#include <vector>

namespace winnow::pg {

/// Tickets (for each dedup key the live one, else the latest; then those that only instances refer to), locked in the
/// order of their ids; instances; and the tenant's next ticket number.
[[nodiscard]] triage::States load_states(pqxx::transaction_base& tx, TenantId tenant, const triage::StateKeys& keys);

/// The same for instances that are loaded already.
[[nodiscard]] triage::States load_states(pqxx::transaction_base& tx, TenantId tenant,
                                         const std::vector<triage::InstanceState>& instances);

/// The same for tickets that are named.
[[nodiscard]] triage::States load_states(pqxx::transaction_base& tx, TenantId tenant,
                                         const std::vector<TicketId>& tickets);

/// The same for tickets that are named and those of dedup keys.
[[nodiscard]] triage::States load_states(pqxx::transaction_base& tx, TenantId tenant,
                                         const std::vector<TicketId>& tickets, const std::vector<std::string>& keys);

/// Firing instances whose end had passed by `until`, longest ago first.
[[nodiscard]] std::vector<triage::InstanceState> load_expired(pqxx::transaction_base& tx, TenantId tenant,
                                                              Timestamp until, std::size_t limit);

}  // namespace winnow::pg
