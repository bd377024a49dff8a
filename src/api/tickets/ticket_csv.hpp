#pragma once

/// @file
/// Tickets as CSV (RFC 4180, UTF-8, first line the column names).

#include "winnow/domain/ticket.hpp"

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::api {

/// One cell. Text that a spreadsheet would run as a formula (it begins with = + - @, a tab or a line end) gets an
/// apostrophe before it.
[[nodiscard]] std::string csv_cell(std::string_view text);

struct TicketsCsv {
    std::string text;
    std::size_t lines = 0;  ///< Of tickets: those after them did not fit.
};

/// The header line and one line a ticket, each ended by CR LF: as many as `most_bytes` hold, and one at least.
[[nodiscard]] TicketsCsv tickets_csv(const std::vector<domain::Ticket>& tickets,
                                     std::size_t most_bytes = std::numeric_limits<std::size_t>::max());

/// Its line has these bytes, and more.
[[nodiscard]] std::size_t least_csv_bytes(const domain::Ticket& ticket);

}  // namespace winnow::api
