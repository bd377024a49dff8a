#pragma once

/// @file
/// Tickets as CSV (RFC 4180, UTF-8, first line the column names).

#include "api/csv/csv_cell.hpp"
#include "winnow/domain/ticket.hpp"

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::api {

/// The header line, unless it is left out, and one line a ticket, each ended by CR LF.
[[nodiscard]] std::string tickets_csv(const std::vector<domain::Ticket>& tickets, bool with_header = true);

}  // namespace winnow::api
