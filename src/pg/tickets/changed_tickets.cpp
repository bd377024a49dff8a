#include "pg/tickets/changed_tickets.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/ticket_states.hpp"
#include "pg/rows/values.hpp"
#include "winnow/tickets/ticket_fields.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace winnow::pg {

namespace {

using domain::Ticket;
using domain::TicketState;
using tickets::TicketField;

/// The id, by which a ticket is found, and what people change of it.
const std::vector<const TicketField*>& columns()
{
    static const auto kColumns = [] {
        std::vector<const TicketField*> fields;
        for (const auto& field : tickets::ticket_fields()) {
            const bool is_id = std::holds_alternative<TicketId Ticket::*>(field.member);
            if (is_id || field.is_peoples()) fields.push_back(&field);
        }
        return fields;
    }();
    return kColumns;
}

/// The type of the values that travel, and the cast that makes the column's of them. unnest() would flatten arrays
/// inside arrays, which travel as text.
struct ColumnType {
    const char* travels;
    const char* cast = "";
};

struct TypeOf {
    ColumnType operator()(TicketId Ticket::* /*at*/) const { return {.travels = "uuid"}; }
    ColumnType operator()(std::int64_t Ticket::* /*at*/) const { return {.travels = "bigint"}; }
    ColumnType operator()(std::int32_t Ticket::* /*at*/) const { return {.travels = "int"}; }
    ColumnType operator()(bool Ticket::* /*at*/) const { return {.travels = "boolean"}; }
    ColumnType operator()(std::string Ticket::* /*at*/) const { return {.travels = "text"}; }
    ColumnType operator()(TicketState Ticket::* /*at*/) const { return {.travels = "text"}; }
    ColumnType operator()(domain::Severity Ticket::* /*at*/) const { return {.travels = "smallint"}; }
    ColumnType operator()(domain::Labels Ticket::* /*at*/) const { return {.travels = "jsonb"}; }
    ColumnType operator()(Timestamp Ticket::* /*at*/) const { return {.travels = "timestamptz"}; }
    ColumnType operator()(std::optional<Timestamp> Ticket::* /*at*/) const { return {.travels = "timestamptz"}; }
    template <typename Tag>
    ColumnType operator()(std::optional<StrongId<Tag>> Ticket::* /*at*/) const
    {
        return {.travels = "uuid"};
    }
    ColumnType operator()(std::vector<ContactGroupId> Ticket::* /*at*/) const
    {
        return {.travels = "text", .cast = "::uuid[]"};
    }
};

void put(ArrayLiteral& column, TicketState state)
{
    column.add(to_string(state));
}

void put(ArrayLiteral& column, domain::Severity severity)
{
    column.add(static_cast<int>(severity));
}

void put(ArrayLiteral& column, const domain::Labels& labels)
{
    column.add(labels_json(labels));
}

void put(ArrayLiteral& column, const std::vector<ContactGroupId>& groups)
{
    column.add(array_of(groups));
}

template <typename Value>
void put(ArrayLiteral& column, const Value& value)
{
    column.add(value);
}

/// What the column holds, as long as the ticket stays held.
std::string while_held(const std::string& column)
{
    return ", " + column + " = case u.state when " + sql_word(TicketState::held) + " then t." + column + " end";
}

std::string store_sql()
{
    std::string assigned;
    std::string arrays;
    std::string names;
    std::size_t place = 1;
    for (const auto* field : columns()) {
        const auto [travels, cast] = std::visit(TypeOf{}, field->member);
        const std::string column = field->column;
        const auto* comma = names.empty() ? "" : ", ";
        arrays += comma + ("$" + std::to_string(++place)) + "::" + travels + "[]";
        names += comma + column;
        if (!field->is_peoples()) continue;
        assigned += (assigned.empty() ? "" : ", ") + column + " = u." + column + cast;
    }
    return "update tickets t set " + assigned + while_held("held_by") + while_held("held_rule") +
           while_held("held_until") + while_held("held_from") +
           ", title_edited = t.title_edited or t.title <> u.title from unnest(" + arrays + ") as u(" + names +
           ") where t.tenant_id = $1 and t.ticket_id = u.ticket_id";
}

const char* stored()
{
    static const auto kSql = store_sql();
    return kSql.c_str();
}

}  // namespace

ChangedTickets::ChangedTickets(pqxx::transaction_base& tx, TenantId tenant)
    : rows_(tx, tenant, stored(), columns().size())
{
}

void ChangedTickets::add(const Ticket& ticket)
{
    std::size_t place = 0;
    for (const auto* field : columns()) {
        auto& column = rows_.column(place++);
        std::visit([&](auto at) { put(column, ticket.*at); }, field->member);
    }
    rows_.end_row();
}

}  // namespace winnow::pg
