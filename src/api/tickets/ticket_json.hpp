#pragma once

/// @file
/// Tickets and what belongs to them as the API shows them. Tickets themselves: winnow/forms/ticket_form.hpp.

#include "winnow/domain/delivery.hpp"
#include "winnow/domain/ticket.hpp"
#include "winnow/forms/ticket_form.hpp"

#include <nlohmann/json_fwd.hpp>

namespace winnow::api {

using forms::ticket_json;

/// `{seq, kind, at, actor, data}`.
[[nodiscard]] nlohmann::json timeline_json(const domain::TicketEvent& event);

/// `{id, ticket_id, text, author, created_at}`: a `commented` event.
[[nodiscard]] nlohmann::json comment_json(const domain::TicketEvent& event);

/// `{id, ticket_id, event_seq, event, contact_id, state, attempts, created_at, next_attempt_at, finished_at,
/// last_status, last_error}`, and `message` where the payload is there.
[[nodiscard]] nlohmann::json delivery_json(const domain::Delivery& delivery);

}  // namespace winnow::api
