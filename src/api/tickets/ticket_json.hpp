#pragma once

/// @file
/// Tickets as the API shows and takes them.

#include "api/tickets/ticket_changes.hpp"
#include "winnow/base/result.hpp"
#include "winnow/domain/delivery.hpp"
#include "winnow/domain/ticket.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace winnow::api {

[[nodiscard]] nlohmann::json ticket_json(const domain::Ticket& ticket);

/// `{seq, kind, at, actor, data}`.
[[nodiscard]] nlohmann::json timeline_json(const domain::TicketEvent& event);

/// `{id, ticket_id, text, author, created_at}`: a `commented` event.
[[nodiscard]] nlohmann::json comment_json(const domain::TicketEvent& event);

/// Applies a JSON Merge Patch to what the ticket shows. Everything but the writable fields may stand in it only with
/// the value it has; errors point into the ticket ("/severity").
[[nodiscard]] Result<TicketEdit> read_ticket_patch(const domain::Ticket& ticket, const nlohmann::json& patch);

/// `{id, ticket_id, event_seq, event, contact_id, state, attempts, created_at, next_attempt_at, finished_at,
/// last_status, last_error}`, and `message` where the payload is there.
[[nodiscard]] nlohmann::json delivery_json(const domain::Delivery& delivery);

/// RFC 3339, or null.
[[nodiscard]] nlohmann::json time_json(const std::optional<Timestamp>& at);

}  // namespace winnow::api
