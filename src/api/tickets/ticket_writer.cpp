#include "api/tickets/ticket_writer.hpp"

#include "winnow/forms/ticket_form.hpp"
#include "winnow/intake/canonical.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/ticket_store.hpp"
#include "winnow/ports/user_store.hpp"

#include <vector>

namespace winnow::api {

using domain::Ticket;
using nlohmann::json;
using tickets::Surroundings;

namespace {

Result<Surroundings> around_move(ports::TenantSession& session, std::span<const Ticket> tickets,
                                 const tickets::Move& move)
{
    Surroundings around;
    if (tickets.empty()) return around;
    const auto settings = session.settings().load();
    if (!settings) return settings.error();
    around.close_approval = settings->close_approval;
    std::vector<const Ticket*> all;
    for (const auto& ticket : tickets) all.push_back(&ticket);
    const auto needs = tickets::needs_of(all, move, around.close_approval);
    if (!needs.close_requesters.empty()) {
        const auto found = session.tickets().close_requesters(needs.close_requesters);
        if (!found) return found.error();
        around.close_requesters.insert(found->begin(), found->end());
    }
    if (!needs.dedup_keys.empty()) {
        const auto found = session.tickets().holders(needs.dedup_keys);
        if (!found) return found.error();
        around.live_by_key.insert(found->begin(), found->end());
    }
    return around;
}

/// Also where the patch cannot be read for some of them.
Result<Surroundings> around_edits(ports::TenantSession& session, std::span<const Ticket> tickets, const Edits& edits)
{
    Surroundings around;
    for (const auto& ticket : tickets) {
        const auto& edit = edits.at(ticket.id);
        if (!edit || !edit->assignee || edit->assignee == ticket.assignee) continue;
        if (around.assignable.contains(*edit->assignee)) continue;
        const auto user = session.users().find(*edit->assignee);
        if (!user && user.error().code() != ErrorCode::not_found) return user.error();
        around.assignable.emplace(*edit->assignee, user && user->active);
    }
    return around;
}

}  // namespace

tickets::Act act_of(const Call& call)
{
    return {.actor = call.who.actor(), .at = call.now};
}

Wishes read_wishes(std::span<const Ticket> tickets, const Wanted& wanted)
{
    if (const auto* const move = std::get_if<tickets::Move>(&wanted)) return *move;
    Edits edits;
    for (const auto& ticket : tickets) {
        edits.emplace(ticket.id, forms::read_ticket_patch(ticket, std::get<json>(wanted)));
    }
    return edits;
}

Result<Surroundings> load_surroundings(ports::TenantSession& session, std::span<const Ticket> tickets,
                                       const Wishes& wishes)
{
    if (const auto* const move = std::get_if<tickets::Move>(&wishes)) return around_move(session, tickets, *move);
    return around_edits(session, tickets, std::get<Edits>(wishes));
}

Result<Done> decide(tickets::Round& round, Ticket& ticket, const Wishes& wishes)
{
    if (const auto* const move = std::get_if<tickets::Move>(&wishes)) return round.move(ticket, *move);
    const auto& edit = std::get<Edits>(wishes).at(ticket.id);
    if (!edit) return edit.error();
    return round.edit(ticket, *edit);
}

/// Stores, with the one error that a race can still bring (another ticket took the key meanwhile) told as what it is:
/// a reason to repeat the whole request, since the transaction is broken.
Result<Done> store_changes(ports::TenantSession& session, const tickets::Round& round)
{
    std::vector<ports::TicketChange> changes;
    for (const auto& [id, change] : round.changes()) {
        auto& stored = changes.emplace_back(ports::TicketChange{.ticket = change.ticket, .events = change.events});
        if (change.let_go) intake::append_canonical(*change.let_go, stored.let_go.emplace());
    }
    if (changes.empty()) return Done{};
    auto stored = session.tickets().store(changes);
    if (stored || stored.error().code() != ErrorCode::conflict) return stored;
    return Error(ErrorCode::unavailable, "the ticket was changed in the same moment; repeat the request");
}

}  // namespace winnow::api
