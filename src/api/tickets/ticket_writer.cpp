#include "api/tickets/ticket_writer.hpp"

#include "winnow/forms/ticket_form.hpp"
#include "winnow/intake/canonical.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/user_store.hpp"

#include <utility>

namespace winnow::api {

using domain::Ticket;
using domain::TicketEvent;
using nlohmann::json;

tickets::Act act_of(const Call& call)
{
    return {.actor = call.who.actor(), .at = call.now};
}

Result<Done> TicketWriter::ask_for(const tickets::Move& move)
{
    if (asked_) return Done{};
    auto& around = round_.around();
    const auto settings = session_.settings().load();
    if (!settings) return settings.error();
    around.close_approval = settings->close_approval;
    const auto needs = tickets::needs_of(tickets_, move, around.close_approval);
    if (!needs.close_requesters.empty()) {
        const auto found = session_.tickets().close_requesters(needs.close_requesters);
        if (!found) return found.error();
        around.close_requesters.insert(found->begin(), found->end());
    }
    if (!needs.dedup_keys.empty()) {
        const auto found = session_.tickets().holders(needs.dedup_keys);
        if (!found) return found.error();
        around.live_by_key.insert(found->begin(), found->end());
    }
    asked_ = true;
    return Done{};
}

Result<Done> TicketWriter::ask_for(UserId assignee)
{
    auto& assignable = round_.around().assignable;
    if (assignable.contains(assignee)) return Done{};
    const auto user = session_.users().find(assignee);
    if (!user && user.error().code() != ErrorCode::not_found) return user.error();
    assignable.emplace(assignee, user && user->active);
    return Done{};
}

Result<Done> TicketWriter::move(Ticket& ticket, const tickets::Move& move)
{
    if (const auto ok = ask_for(move); !ok) return ok.error();
    return round_.move(ticket, move);
}

Result<Done> TicketWriter::patch(Ticket& ticket, const json& patch)
{
    const auto wanted = forms::read_ticket_patch(ticket, patch);
    if (!wanted) return wanted.error();
    if (wanted->assignee && wanted->assignee != ticket.assignee) {
        if (const auto ok = ask_for(*wanted->assignee); !ok) return ok.error();
    }
    return round_.edit(ticket, *wanted);
}

void TicketWriter::keep(const Ticket& ticket, const std::vector<TicketEvent>& events)
{
    round_.keep(ticket, events);
}

/// Stores, with the one error that a race can still bring (another ticket took the key meanwhile) told as what it is:
/// a reason to repeat the whole request, since the transaction is broken.
Result<Done> TicketWriter::store()
{
    std::vector<ports::TicketChange> changes;
    for (const auto& [id, change] : round_.changes()) {
        auto& stored = changes.emplace_back(ports::TicketChange{.ticket = change.ticket, .events = change.events});
        if (change.let_go) intake::append_canonical(*change.let_go, stored.let_go.emplace());
    }
    if (changes.empty()) return Done{};
    auto stored = session_.tickets().store(changes);
    if (stored || stored.error().code() != ErrorCode::conflict) return stored;
    return Error(ErrorCode::unavailable, "the ticket was changed in the same moment; repeat the request");
}

}  // namespace winnow::api
