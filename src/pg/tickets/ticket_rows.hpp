#pragma once

/// @file
/// Ticket and timeline rows.

#include "winnow/access/groups.hpp"
#include "winnow/base/result.hpp"
#include "winnow/domain/ticket.hpp"

#include <pqxx/result>
#include <pqxx/transaction_base>

#include <string>
#include <vector>

namespace winnow::pg {

/// The columns that read_ticket() reads, of a table called `t`.
[[nodiscard]] const std::string& ticket_columns();
[[nodiscard]] domain::Ticket read_ticket(const pqxx::row& row);

/// The same of no more than the id and what an alert has of a ticket (tickets::alert_of with a time): people's reports
/// are long.
[[nodiscard]] const std::string& ticket_columns_of_alerts();
[[nodiscard]] domain::Ticket read_ticket_of_alert(const pqxx::row& row);

/// How many bytes of text such a row has, of a table called `t`: a sum, without brackets. Unpacks nothing that is
/// stored apart.
[[nodiscard]] const std::string& ticket_bytes();

/// Throws on a word that the table's check constraint would have kept out.
[[nodiscard]] domain::TicketState read_ticket_state(const pqxx::field& field);

[[nodiscard]] std::vector<domain::Ticket> read_tickets(const pqxx::result& rows);

/// Those of `ids` that exist and that a caller may change who is narrowed to `groups`, in order of id, locked; see
/// ports::TicketStore::lock().
[[nodiscard]] Result<std::vector<domain::Ticket>> lock_tickets(pqxx::transaction_base& tx, TenantId tenant,
                                                               const access::Groups& groups,
                                                               const std::vector<TicketId>& ids);

/// The columns that read_ticket_event() reads, of a table called `t`.
[[nodiscard]] const std::string& ticket_event_columns();
[[nodiscard]] domain::TicketEvent read_ticket_event(const pqxx::row& row);

}  // namespace winnow::pg
