#pragma once

/// @file
/// Tickets as JSON, by the table of their fields (winnow/tickets/ticket_fields.hpp).

#include "winnow/base/result.hpp"
#include "winnow/domain/ticket.hpp"
#include "winnow/tickets/ticket_fields.hpp"

#include <nlohmann/json_fwd.hpp>

namespace winnow::forms {

/// All fields that are shown.
[[nodiscard]] nlohmann::json ticket_json(const domain::Ticket& ticket);

/// One of them; null where it is optional and there is none.
[[nodiscard]] nlohmann::json field_json(const domain::Ticket& ticket, const tickets::TicketMember& member);

/// The ticket as a JSON Merge Patch of what it shows would have it: for tickets::edit_ticket(). Everything but the
/// fields that people write may stand in it only with the value it has; errors point into the ticket ("/severity").
[[nodiscard]] Result<domain::Ticket> read_ticket_patch(const domain::Ticket& ticket, const nlohmann::json& patch);

}  // namespace winnow::forms
