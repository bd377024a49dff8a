#pragma once

/// @file
/// What tickets are to people: each has a number, by which it is found.

#include "cli/rest/named_items.hpp"

#include <string>

namespace winnow::cli {

inline const Kind kTicketKind{.noun = "ticket", .path = "/api/v1/tickets", .lists = "winnow ticket list"};

/// Its id. "#12" and "12" are numbers; anything else must be an id. Throws as find_id() does.
[[nodiscard]] std::string find_ticket(const Connection& connection, const std::string& name);

}  // namespace winnow::cli
