#include "api/tickets/live_tickets.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

namespace winnow::api {

namespace {

constexpr std::size_t kAtOnce = 500;

}  // namespace

Result<bool> for_live_tickets(ports::TicketStore& tickets, const std::function<void(const domain::Ticket&)>& visit)
{
    ports::TicketFilter live;
    std::ranges::copy_if(domain::ticket_states(), std::back_inserter(live.states), domain::is_live);
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
