#include "api/tickets/live_tickets.hpp"

#include <optional>

namespace winnow::api {

namespace {

using domain::TicketState;

constexpr std::size_t kAtOnce = 500;

}  // namespace

domain::Alert alert_of(const domain::Ticket& ticket)
{
    domain::Alert alert;
    alert.title = ticket.title;
    alert.severity = ticket.severity;
    alert.dedup_key = ticket.dedup_key;
    alert.source = ticket.source;
    alert.service = ticket.service;
    alert.component = ticket.component;
    alert.group = ticket.group;
    alert.class_name = ticket.class_name;
    alert.description = ticket.description;
    alert.labels = ticket.labels;
    alert.starts_at = ticket.opened_at;
    alert.received_at = ticket.last_seen_at;
    return alert;
}

Result<bool> for_live_tickets(ports::TicketStore& tickets, const std::function<void(const domain::Ticket&)>& visit)
{
    ports::TicketFilter live;
    live.states = {TicketState::held, TicketState::open, TicketState::in_progress, TicketState::close_requested,
                   TicketState::returned};
    std::optional<ports::TicketCursor> after;
    for (std::size_t seen = 0; seen < kMaxLiveTickets; seen += kAtOnce) {
        const auto page = tickets.page(live, ports::TicketOrder::newest, after, kAtOnce);
        if (!page) return page.error();
        for (const auto& ticket : *page) visit(ticket);
        if (page->size() < kAtOnce) return true;
        const auto& last = page->back();
        after = ports::TicketCursor{
            .opened_at = last.opened_at, .severity = last.severity, .number = last.number, .id = last.id};
    }
    return false;
}

}  // namespace winnow::api
