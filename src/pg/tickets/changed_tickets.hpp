#pragma once

/// @file
/// Tickets as people changed them, stored by the table of a ticket's fields. Private to pg.

#include "pg/rows/multi_row.hpp"
#include "winnow/domain/ticket.hpp"

#include <pqxx/transaction_base>

#include <cstddef>

namespace winnow::pg {

/// Stores those fields of locked tickets that people change (tickets::TicketField::is_peoples), many a statement.
class ChangedTickets {
public:
    ChangedTickets(pqxx::transaction_base& tx, TenantId tenant);

    void add(const domain::Ticket& ticket);

    /// Runs what is left. Returns how many tickets were there.
    std::size_t flush() { return rows_.flush(); }

private:
    ColumnRows rows_;
};

}  // namespace winnow::pg
