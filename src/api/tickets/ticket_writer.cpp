#include "api/tickets/ticket_writer.hpp"

#include "api/rest/json_body.hpp"
#include "api/tickets/live_tickets.hpp"
#include "api/tickets/ticket_json.hpp"
#include "winnow/intake/canonical.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/user_store.hpp"

#include <utility>

namespace winnow::api {

using domain::Ticket;
using domain::TicketEvent;
using domain::TicketState;
using nlohmann::json;

Act act_of(const Call& call)
{
    return {.actor = call.who.actor(), .at = call.now};
}

Result<bool> TicketWriter::needs_approval()
{
    if (!close_approval_) {
        const auto settings = session_.settings().load();
        if (!settings) return settings.error();
        close_approval_ = settings->close_approval;
    }
    return *close_approval_;
}

/// What was held is owed to people from now on, unless something covers it: both is for the keeper of quiet tickets to
/// find out and do. It is matched as a paused ticket is at the end of its pause.
void TicketWriter::let_go(Ticket& ticket)
{
    ticket.suppressed = true;
    ticket.suppression_reason = "let go by hand: told of within seconds";
    auto alert = alert_of(ticket);
    alert.starts_at.reset();
    alert.received_at = call_.now;
    auto& canonical = changes_[ticket.id].let_go.emplace();
    intake::append_canonical(alert, canonical);
}

/// Where closing takes a second person, it is not the one who asked for it.
Result<Done> TicketWriter::check_second_person(const Ticket& ticket)
{
    if (!movers_) {
        std::vector<TicketId> ids;
        for (const auto* each : tickets_) ids.push_back(each->id);
        auto found = session_.tickets().last_movers(ids);
        if (!found) return found.error();
        movers_.emplace(found->begin(), found->end());
    }
    const auto mover = movers_->find(ticket.id);
    if (mover == movers_->end() || mover->second != act_of(call_).actor) return Done{};
    return Error(
        ErrorCode::conflict,
        "closing this ticket takes a second person: whoever asked for it can only return it; allowed: returned");
}

/// A ticket becomes live only where no other live one has its key.
Result<Done> TicketWriter::check_key(const Ticket& ticket)
{
    if (!holders_) {
        std::vector<std::string> keys;
        for (const auto* each : tickets_) keys.push_back(each->dedup_key);
        auto found = session_.tickets().holders(keys);
        if (!found) return found.error();
        holders_.emplace(found->begin(), found->end());
    }
    auto& holder = holders_->try_emplace(ticket.dedup_key, ticket.id).first->second;
    const auto kept = changes_.find(holder);
    if (kept != changes_.end() && !domain::is_live(kept->second.ticket.state)) holder = ticket.id;  // it gives it up
    if (holder == ticket.id) return Done{};
    return Error(ErrorCode::conflict, "a newer ticket with the same dedup key is live: work on that one instead");
}

Result<Done> TicketWriter::check_assignable(UserId id)
{
    auto known = assignable_.find(id);
    if (known == assignable_.end()) {
        const auto user = session_.users().find(id);
        if (!user && user.error().code() != ErrorCode::not_found) return user.error();
        known = assignable_.emplace(id, user && user->active).first;
    }
    if (known->second) return Done{};
    return field_error("/assignee", "must be the id of one of your users that is not disabled");
}

void TicketWriter::keep(const Ticket& ticket, const std::vector<TicketEvent>& events)
{
    auto& change = changes_[ticket.id];
    change.ticket = ticket;
    change.events.insert(change.events.end(), events.begin(), events.end());
}

/// Stores, with the one error that a race can still bring (another ticket took the key meanwhile) told as what it is:
/// a reason to repeat the whole request, since the transaction is broken.
Result<Done> TicketWriter::store()
{
    std::vector<ports::TicketChange> changes;
    for (const auto& [id, change] : changes_) changes.push_back(change);
    if (changes.empty()) return Done{};
    auto stored = session_.tickets().store(changes);
    if (stored || stored.error().code() != ErrorCode::conflict) return stored;
    return Error(ErrorCode::unavailable, "the ticket was changed in the same moment; repeat the request");
}

Result<Done> TicketWriter::move(Ticket& ticket, const Move& move)
{
    const auto approval = needs_approval();
    if (!approval) return approval.error();
    const auto from = ticket.state;
    const auto events = move_ticket(ticket, move.to, *approval, move.comment, act_of(call_));
    if (!events) return events.error();
    if (from == TicketState::close_requested && move.to == TicketState::closed) {
        if (*approval) {
            if (const auto ok = check_second_person(ticket); !ok) return ok.error();
        }
        if (ticket.approver.empty()) ticket.approver = call_.who.user_name;
    }
    if (!domain::is_live(from) && domain::is_live(move.to)) {
        if (const auto ok = check_key(ticket); !ok) return ok.error();
    }
    if (from == TicketState::held && domain::is_live(move.to) && !ticket.suppressed) let_go(ticket);
    keep(ticket, *events);
    return Done{};
}

Result<Done> TicketWriter::patch(Ticket& ticket, const json& patch)
{
    const auto edit = read_ticket_patch(ticket, patch);
    if (!edit) return edit.error();
    if (edit->assignee && edit->assignee != ticket.assignee) {
        if (const auto ok = check_assignable(*edit->assignee); !ok) return ok.error();
    }
    const auto events = edit_ticket(ticket, *edit, act_of(call_));
    if (!events.empty()) keep(ticket, events);
    return Done{};
}

}  // namespace winnow::api
