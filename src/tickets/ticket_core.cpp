#include "winnow/tickets/ticket_core.hpp"

namespace winnow::tickets {

TicketCore core_of(const domain::Ticket& ticket)
{
    return {.id = ticket.id,
            .number = ticket.number,
            .state = ticket.state,
            .severity = ticket.severity,
            .dedup_key = ticket.dedup_key,
            .title = ticket.title,
            .description = ticket.description,
            .source = ticket.source,
            .service = ticket.service,
            .route = ticket.route,
            .suppressed = ticket.suppressed,
            .suppression_reason = ticket.suppression_reason,
            .occurrences = ticket.occurrences,
            .first_seen_at = ticket.first_seen_at,
            .last_seen_at = ticket.last_seen_at,
            .opened_at = ticket.opened_at,
            .acknowledged_at = ticket.acknowledged_at,
            .recovered_at = ticket.recovered_at,
            .closed_at = ticket.closed_at,
            .event_seq = ticket.event_seq};
}

}  // namespace winnow::tickets
