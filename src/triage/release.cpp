#include "winnow/triage/release.hpp"

#include "triage/book.hpp"

#include <utility>

namespace winnow::triage {

Outcome release(const std::vector<Released>& released, States states, Timestamp now)
{
    Book book(std::move(states));
    for (const auto& [id, alert_id] : released) {
        auto* ticket = book.ticket(id);
        if (ticket == nullptr || !ticket->state.suppressed || !is_live(ticket->state.state)) continue;
        ticket->state.suppressed = false;
        ticket->state.suppression_reason.clear();
        ticket->changed = true;
        if (ticket->state.state == domain::TicketState::held) continue;
        book.record(*ticket, begun(ticket->state), now,
                    R"({"alert_id":")" + alert_id.str() + R"(","severity":")" +
                        std::string(to_string(ticket->state.severity)) + R"(","unsuppressed":true})",
                    true);
    }
    return std::move(book).finish({});
}

}  // namespace winnow::triage
