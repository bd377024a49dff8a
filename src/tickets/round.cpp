#include "winnow/tickets/round.hpp"

#include "winnow/tickets/ticket_fields.hpp"
#include "winnow/tickets/transitions.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace winnow::tickets {

namespace {

using domain::Ticket;
using domain::TicketEvent;
using enum domain::TicketState;

/// Where the tenant asks for it, who asked for the end of a ticket is not who closes it.
bool takes_second_person(const Ticket& ticket, const Move& move, bool close_approval)
{
    return close_approval && ticket.state == close_requested && move.to == closed;
}

/// A ticket becomes live only where no other live one has its key.
bool takes_key(domain::TicketState from, domain::TicketState to)
{
    return !domain::is_live(from) && domain::is_live(to);
}

}  // namespace

Needs needs_of(const std::vector<const Ticket*>& tickets, const Move& move, bool close_approval)
{
    Needs needs;
    for (const auto* ticket : tickets) {
        if (find_transition(ticket->state, move.to, Mover::person, close_approval) == nullptr) continue;  // refused
        if (takes_second_person(*ticket, move, close_approval)) needs.close_requesters.push_back(ticket->id);
        if (takes_key(ticket->state, move.to)) needs.dedup_keys.push_back(ticket->dedup_key);
    }
    std::ranges::sort(needs.dedup_keys);
    const auto repeats = std::ranges::unique(needs.dedup_keys);
    needs.dedup_keys.erase(repeats.begin(), repeats.end());
    return needs;
}

Result<Done> Round::move(Ticket& ticket, const Move& move)
{
    const auto from = ticket.state;
    const bool second = takes_second_person(ticket, move, around_.close_approval);
    const auto events = move_ticket(ticket, move.to, around_.close_approval, move.comment, act_);
    if (!events) return events.error();
    if (second) {
        if (const auto ok = check_second_person(ticket.id); !ok) return ok.error();
    }
    if (from == close_requested && move.to == closed && ticket.approver.empty()) ticket.approver = name_;
    if (takes_key(from, move.to)) {
        if (const auto ok = check_key(ticket); !ok) return ok.error();
    }
    if (from == held && domain::is_live(move.to) && !ticket.suppressed) let_go(ticket);
    keep(ticket, *events);
    return Done{};
}

Result<Done> Round::edit(Ticket& ticket, const Ticket& wanted)
{
    if (wanted.assignee && wanted.assignee != ticket.assignee) {
        const auto known = around_.assignable.find(*wanted.assignee);
        if (known == around_.assignable.end() || !known->second) {
            return field_error("/assignee", "must be the id of one of your active users");
        }
    }
    const auto events = edit_ticket(ticket, wanted, act_);
    if (!events.empty()) keep(ticket, events);
    return Done{};
}

void Round::keep(const Ticket& ticket, const std::vector<TicketEvent>& events)
{
    auto& change = changes_[ticket.id];
    change.ticket = ticket;
    change.events.insert(change.events.end(), events.begin(), events.end());
    std::ranges::move(notices_of(ticket, events), std::back_inserter(change.notices));
}

Result<Done> Round::check_second_person(TicketId ticket) const
{
    const auto requester = around_.close_requesters.find(ticket);
    if (requester == around_.close_requesters.end() || requester->second != act_.actor) return Done{};
    return Error(
        ErrorCode::conflict,
        "closing this ticket takes a second person: whoever asked for it can only return it; allowed: returned");
}

Result<Done> Round::check_key(const Ticket& ticket)
{
    auto& holder = around_.live_by_key.try_emplace(ticket.dedup_key, ticket.id).first->second;
    const auto kept = changes_.find(holder);
    if (kept != changes_.end() && !domain::is_live(kept->second.ticket.state)) holder = ticket.id;  // it gives it up
    if (holder == ticket.id) return Done{};
    return Error(ErrorCode::conflict, "a newer ticket with the same dedup key is live: work on that one instead");
}

/// What was held is owed to people from now on, unless something covers it: both is for the timer of quiet tickets to
/// find out and do. It is matched as a paused ticket is at the end of its pause.
void Round::let_go(Ticket& ticket)
{
    ticket.suppressed = true;
    ticket.suppression_reason = "let go by hand: told of within seconds";
    changes_[ticket.id].let_go = alert_of(ticket, act_.at);
}

bool concerns_one_ticket(const Error& error) noexcept
{
    switch (error.code()) {
        case ErrorCode::invalid_argument:
        case ErrorCode::permission_denied:
        case ErrorCode::not_found:
        case ErrorCode::conflict: return true;
        default: return false;
    }
}

Result<std::vector<BulkItem>> change_each(const std::vector<TicketId>& ids, std::vector<Ticket>& tickets,
                                          const std::function<Result<Done>(Ticket&)>& change)
{
    std::map<TicketId, Ticket*> by_id;
    for (auto& ticket : tickets) by_id.emplace(ticket.id, &ticket);
    std::vector<BulkItem> items;
    items.reserve(ids.size());
    for (const auto& id : ids) {
        const auto found = by_id.find(id);
        if (found == by_id.end()) {
            items.push_back({.id = id, .done = Error(ErrorCode::not_found, "there is no such ticket")});
            continue;
        }
        auto ticket = *found->second;  // what is refused leaves it as it was
        auto done = change(ticket);
        if (!done && !concerns_one_ticket(done.error())) return done.error();
        if (done) *found->second = std::move(ticket);
        items.push_back(
            {.id = id, .done = std::move(done), .state = found->second->state, .version = found->second->version});
    }
    return items;
}

}  // namespace winnow::tickets
