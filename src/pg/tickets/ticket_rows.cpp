#include "pg/tickets/ticket_rows.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"

#include <pqxx/except>

#include <stdexcept>

namespace winnow::pg {
domain::TicketState read_ticket_state(const pqxx::field& field)
{
    const auto state = domain::parse_ticket_state(field.c_str());
    if (!state) throw std::runtime_error("a ticket has an unknown state");
    return *state;
}

const std::string& ticket_columns()
{
    static const std::string kColumns =
        "t.ticket_id, t.number, t.state, t.severity, t.priority, t.title, t.description, t.dedup_key, t.source, "
        "t.service, t.component, t.group_name, t.class_name, t.labels, t.assignee, t.due_at, t.occurrences, "
        "t.first_seen_at, t.last_seen_at, t.opened_at, t.acknowledged_at, t.recovered_at, t.closed_at, t.parent_id, "
        "t.suppressed, t.suppression_reason, t.cause, t.impact, t.measure, t.approver, t.route, t.event_seq, "
        "t.version";
    return kColumns;
}

domain::Ticket read_ticket(const pqxx::row& row)
{
    domain::Ticket ticket;
    ticket.id = id_of<TicketId>(row["ticket_id"]);
    ticket.number = row["number"].as<std::int64_t>();
    ticket.state = read_ticket_state(row["state"]);
    ticket.severity = static_cast<domain::Severity>(row["severity"].as<int>());
    ticket.priority = row["priority"].c_str();
    ticket.title = row["title"].c_str();
    ticket.description = row["description"].c_str();
    ticket.dedup_key = row["dedup_key"].c_str();
    ticket.source = row["source"].c_str();
    ticket.service = row["service"].c_str();
    ticket.component = row["component"].c_str();
    ticket.group = row["group_name"].c_str();
    ticket.class_name = row["class_name"].c_str();
    ticket.labels = labels_of(row["labels"]);
    ticket.assignee = optional_id_of<UserId>(row["assignee"]);
    ticket.due_at = optional_time_of(row["due_at"]);
    ticket.occurrences = row["occurrences"].as<std::int64_t>();
    ticket.first_seen_at = time_of(row["first_seen_at"]);
    ticket.last_seen_at = time_of(row["last_seen_at"]);
    ticket.opened_at = time_of(row["opened_at"]);
    ticket.acknowledged_at = optional_time_of(row["acknowledged_at"]);
    ticket.recovered_at = optional_time_of(row["recovered_at"]);
    ticket.closed_at = optional_time_of(row["closed_at"]);
    ticket.parent_id = optional_id_of<TicketId>(row["parent_id"]);
    ticket.suppressed = row["suppressed"].as<bool>();
    ticket.suppression_reason = row["suppression_reason"].c_str();
    ticket.cause = row["cause"].c_str();
    ticket.impact = row["impact"].c_str();
    ticket.measure = row["measure"].c_str();
    ticket.approver = row["approver"].c_str();
    ticket.route = ids_of<ContactGroupId>(row["route"]);
    ticket.event_seq = row["event_seq"].as<std::int32_t>();
    ticket.version = row["version"].as<std::int64_t>();
    return ticket;
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
                                                 const std::vector<TicketId>& ids)
{
    static const auto kLock = "select " + ticket_columns() +
                              " from tickets t where t.tenant_id = $1 and t.ticket_id = any($2::uuid[])"
                              " and (select set_config('lock_timeout', '1s', true)) is not null"
                              " order by t.ticket_id for update";
    try {
        return read_tickets(query(tx, kLock.c_str(), tenant, array_of(ids)));
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
