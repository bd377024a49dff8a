#include "winnow/triage/release.hpp"

#include "triage/book.hpp"
#include "triage/holds.hpp"
#include "winnow/tickets/episode.hpp"

#include <algorithm>
#include <utility>

namespace winnow::triage {

QuietTurn quiet_turn(const States& states, TicketId ticket)
{
    const auto found = std::ranges::find(states.tickets, ticket, &TicketCore::id);
    if (found == states.tickets.end() || !found->suppressed) return QuietTurn::leave;
    return is_over(found->state, found->recovered_at) ? QuietTurn::park : QuietTurn::judge;
}

Outcome release(const std::vector<Released>& released, States states, Timestamp now)
{
    Book book(std::move(states));
    for (const auto& [id, alert_id] : released) {
        auto* ticket = book.ticket(id);
        if (ticket == nullptr || !ticket->state.suppressed) continue;
        if (is_over(ticket->state.state, ticket->state.recovered_at) || !lift(book, *ticket, now)) continue;
        book.record(*ticket, begun(ticket->state), now,
                    R"({"alert_id":")" + alert_id.str() + R"(","severity":")" +
                        std::string(to_string(ticket->state.severity)) + R"(","unsuppressed":true})",
                    true);
    }
    return std::move(book).finish({});
}

}  // namespace winnow::triage
