#pragma once

/// @file
/// What timelines are owed of deliveries (owed_events). Private to pg.

#include "winnow/base/uuid.hpp"

#include <pqxx/transaction_base>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace winnow::pg {

using OwingTicket = std::pair<TenantId, TicketId>;

/// At most `limit` tickets that something is owed, in their order, from the one after `after` on.
[[nodiscard]] std::vector<OwingTicket> owing_tickets(pqxx::transaction_base& tx, const OwingTicket& after,
                                                     std::size_t limit);

/// Moves what is owed to these tickets into their timelines, each event once, and passes over tickets that somebody
/// else holds.
void write_timelines(pqxx::transaction_base& tx, std::span<const OwingTicket> tickets);

/// Throws away what is owed to such of these as are gone.
void forget_gone(pqxx::transaction_base& tx, std::span<const OwingTicket> tickets);

}  // namespace winnow::pg
