#include "winnow/tickets/notice.hpp"

namespace winnow::tickets {

namespace {

using domain::TicketEventKind;

bool is_followed(TicketEventKind kind) noexcept
{
    switch (kind) {
        case TicketEventKind::opened:
        case TicketEventKind::reopened:
        case TicketEventKind::severity_changed:
        case TicketEventKind::acknowledged:
        case TicketEventKind::recovered:
        case TicketEventKind::state_changed:
        case TicketEventKind::assigned:
        case TicketEventKind::flapping_started:
        case TicketEventKind::flapping_settled: return true;
        case TicketEventKind::edited:
        case TicketEventKind::commented:
        case TicketEventKind::notified:
        case TicketEventKind::notification_failed:
        case TicketEventKind::parent_changed:
        case TicketEventKind::notification_retried: return false;
    }
    return false;
}

}  // namespace

std::vector<Notice> notices_of(const domain::Ticket& ticket, const std::vector<domain::TicketEvent>& events)
{
    std::vector<Notice> notices;
    for (const auto& event : events) {
        if (is_followed(event.kind)) notices.push_back({.event = event, .ticket = core_of(ticket), .tells = false});
    }
    return notices;
}

}  // namespace winnow::tickets
