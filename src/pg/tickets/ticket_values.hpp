#pragma once

/// @file
/// A ticket's columns as values, by their types: for the whole ticket and for the part that triage works on. Private to
/// pg. Each throws on what the table's constraints would have kept out.

#include "pg/rows/values.hpp"
#include "pg/tickets/ticket_rows.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/ticket.hpp"

#include <pqxx/field>

#include <concepts>
#include <optional>
#include <string>
#include <vector>

namespace winnow::pg {

inline void read_value(const pqxx::field& column, std::string& text)
{
    text = text_of(column);
}

inline void read_value(const pqxx::field& column, domain::TicketState& state)
{
    state = read_ticket_state(column);
}

inline void read_value(const pqxx::field& column, domain::Severity& severity)
{
    severity = static_cast<domain::Severity>(column.as<int>());
}

inline void read_value(const pqxx::field& column, domain::Labels& labels)
{
    labels = labels_of(column);
}

inline void read_value(const pqxx::field& column, Timestamp& at)
{
    at = time_of(column);
}

inline void read_value(const pqxx::field& column, std::optional<Timestamp>& at)
{
    at = optional_time_of(column);
}

template <typename Tag>
void read_value(const pqxx::field& column, StrongId<Tag>& id)
{
    id = id_of<StrongId<Tag>>(column);
}

template <typename Tag>
void read_value(const pqxx::field& column, std::optional<StrongId<Tag>>& id)
{
    id = optional_id_of<StrongId<Tag>>(column);
}

template <typename Tag>
void read_value(const pqxx::field& column, std::vector<StrongId<Tag>>& ids)
{
    ids = ids_of<StrongId<Tag>>(column);
}

/// Numbers and flags.
template <typename Plain>
    requires std::integral<Plain>
void read_value(const pqxx::field& column, Plain& value)
{
    value = column.as<Plain>();
}

}  // namespace winnow::pg
