#pragma once

/// @file
/// Tickets' states in SQL.

#include "pg/rows/sql_word.hpp"
#include "winnow/domain/ticket.hpp"

#include <string>
#include <string_view>

namespace winnow::pg {

/// `('recovered', 'closed')`: the states that are not live.
[[nodiscard]] const std::string& sql_ended_states();

/// A condition on the table or alias `tickets`: domain::is_live(). The index tickets_one_live_per_key is of these.
[[nodiscard]] std::string sql_is_live(std::string_view tickets);

/// The same of domain::is_over(), in brackets.
[[nodiscard]] std::string sql_is_over(std::string_view tickets);

}  // namespace winnow::pg
