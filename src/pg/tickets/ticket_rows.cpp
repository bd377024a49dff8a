#include "pg/tickets/ticket_rows.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/narrowing.hpp"
#include "pg/rows/values.hpp"
#include "pg/tickets/ticket_values.hpp"
#include "winnow/tickets/ticket_fields.hpp"

#include <pqxx/except>

#include <stdexcept>
#include <variant>

namespace winnow::pg {

domain::TicketState read_ticket_state(const pqxx::field& field)
{
    const auto state = domain::parse_ticket_state(field.c_str());
    if (!state) throw std::runtime_error("a ticket has an unknown state");
    return *state;
}

namespace {

using tickets::TicketField;

bool is_any(const TicketField& /*field*/)
{
    return true;
}

bool is_of_alerts(const TicketField& field)
{
    return field.alert.index() != 0 || std::holds_alternative<TicketId domain::Ticket::*>(field.member);
}

std::string columns_of(bool (*is_wanted)(const TicketField&))
{
    std::string list;
    for (const auto& field : tickets::ticket_fields()) {
        if (is_wanted(field)) list.append(list.empty() ? "t." : ", t.").append(field.column);
    }
    return list;
}

domain::Ticket read(const pqxx::row& row, bool (*is_wanted)(const TicketField&))
{
    domain::Ticket ticket;
    for (const auto& field : tickets::ticket_fields()) {
        if (!is_wanted(field)) continue;
        const auto column = row[field.column];
        std::visit([&](auto at) { read_value(column, ticket.*at); }, field.member);
    }
    return ticket;
}

}  // namespace

const std::string& ticket_columns()
{
    static const auto kColumns = columns_of(is_any);
    return kColumns;
}

const std::string& ticket_columns_of_alerts()
{
    static const auto kColumns = columns_of(is_of_alerts);
    return kColumns;
}

const std::string& ticket_bytes()
{
    using domain::Ticket;
    static const auto kBytes = [] {
        std::string sum;
        for (const auto& field : tickets::ticket_fields()) {
            const bool is_labels = std::holds_alternative<domain::Labels Ticket::*>(field.member);
            if (!is_labels && !std::holds_alternative<std::string Ticket::*>(field.member)) continue;
            sum.append(sum.empty() ? "octet_length(t." : " + octet_length(t.").append(field.column);
            sum.append(is_labels ? "::text)" : ")");
        }
        return sum;
    }();
    return kBytes;
}

domain::Ticket read_ticket(const pqxx::row& row)
{
    return read(row, is_any);
}

domain::Ticket read_ticket_of_alert(const pqxx::row& row)
{
    return read(row, is_of_alerts);
}

std::vector<domain::Ticket> read_tickets(const pqxx::result& rows)
{
    std::vector<domain::Ticket> tickets;
    tickets.reserve(rows.size());
    for (const auto& row : rows) tickets.push_back(read_ticket(row));
    return tickets;
}

// A fold of a storm may hold its tickets for minutes: people are told so soon, because few threads serve all of them.
// The setting is made before the first row is looked for, and ends with the transaction.
Result<std::vector<domain::Ticket>> lock_tickets(pqxx::transaction_base& tx, TenantId tenant,
                                                 const access::Groups& groups, const std::vector<TicketId>& ids)
{
    static const auto kLock = "select " + ticket_columns() +
                              " from tickets t where t.tenant_id = $1 and t.ticket_id = any($2::uuid[]) and " +
                              own_ticket_sql("t", 3) +
                              " and (select set_config('lock_timeout', '1s', true)) is not null"
                              " order by t.ticket_id for update";
    try {
        return read_tickets(query(tx, kLock.c_str(), tenant, array_of(ids), narrowed_to(groups)));
    } catch (const pqxx::sql_error& failure) {
        if (failure.sqlstate() != "55P03") throw;
        return Error(ErrorCode::unavailable,
                     "the ticket is being changed just now, perhaps by a large batch of alerts; "
                     "nothing was done, try again soon");
    }
}

const std::string& ticket_event_columns()
{
    static const std::string kColumns = "t.ticket_id, t.seq, t.kind, t.at, t.actor, t.data";
    return kColumns;
}

domain::TicketEvent read_ticket_event(const pqxx::row& row)
{
    return {.ticket_id = id_of<TicketId>(row["ticket_id"]),
            .seq = row["seq"].as<std::int32_t>(),
            .kind = domain::parse_ticket_event_kind(row["kind"].c_str()).value_or(domain::TicketEventKind::edited),
            .at = time_of(row["at"]),
            .actor = row["actor"].c_str(),
            .data = row["data"].c_str()};
}

}  // namespace winnow::pg
