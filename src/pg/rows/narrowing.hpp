#pragma once

/// @file
/// What of tickets a caller sees and changes who is narrowed to management groups, as a condition of the statement
/// itself: the layer beside row-level security, which says the same (migration 0059). Private to pg.

#include "winnow/access/groups.hpp"

#include <pqxx/field>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::pg {

/// The parameter that the conditions ask for: an array, or null for who is not narrowed. That is known when PostgreSQL
/// plans, and the condition is then none.
[[nodiscard]] std::optional<std::string> narrowed_to(const access::Groups& groups);

/// The same as a column has it.
[[nodiscard]] access::Groups groups_of(const pqxx::field& column);

/// Of a table of tickets called `table`, in a statement whose $1 is the tenant and whose $`place` is narrowed_to().
[[nodiscard]] std::string seen_ticket_sql(std::string_view table, std::size_t place);

/// The same of what may be changed: what belongs to no group is not.
[[nodiscard]] std::string own_ticket_sql(std::string_view table, std::size_t place);

/// Of a table called `table` whose rows name a ticket.
[[nodiscard]] std::string of_seen_ticket_sql(std::string_view table, std::size_t place);

}  // namespace winnow::pg
