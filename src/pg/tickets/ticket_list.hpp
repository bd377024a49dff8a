#pragma once

/// @file
/// Which tickets a list holds, and in which order. Private to pg.

#include "winnow/access/groups.hpp"
#include "winnow/ports/ticket_store.hpp"

#include <pqxx/result>
#include <pqxx/transaction_base>

#include <cstddef>
#include <optional>
#include <string>

namespace winnow::pg {

/// `columns`, of a table called `t`, of at most `limit` tickets after `after` in the given order: of those that a
/// caller sees who is narrowed to `groups`.
[[nodiscard]] pqxx::result list_tickets(pqxx::transaction_base& tx, TenantId tenant, const access::Groups& groups,
                                        const std::string& columns, const ports::TicketFilter& filter,
                                        ports::TicketOrder order, const std::optional<ports::TicketCursor>& after,
                                        std::size_t limit);

/// State, severity and how many, of the same.
[[nodiscard]] pqxx::result count_tickets(pqxx::transaction_base& tx, TenantId tenant, const access::Groups& groups,
                                         const ports::TicketFilter& filter);

}  // namespace winnow::pg
