#include "api/tickets/ticket_changes.hpp"

#include "api/rest/respond.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace winnow::api {
namespace {

using domain::Ticket;
using domain::TicketEvent;
using domain::TicketEventKind;
using domain::TicketState;
using nlohmann::json;

TicketEvent event(Ticket& ticket, TicketEventKind kind, const json& data, const Act& act)
{
    return {.ticket_id = ticket.id,
            .seq = ++ticket.event_seq,
            .kind = kind,
            .at = act.at,
            .actor = act.actor,
            .data = dump(data)};
}

TicketEventKind kind_of_move(TicketState from, TicketState to)
{
    if (to == TicketState::recovered) return TicketEventKind::recovered;
    if (from == TicketState::open && to == TicketState::in_progress) return TicketEventKind::acknowledged;
    if (!domain::is_live(from) && domain::is_live(to)) return TicketEventKind::reopened;
    return TicketEventKind::state_changed;
}

/// A time is kept exactly as long as what it tells of still holds.
void keep_times(Ticket& ticket, TicketState to, Timestamp now)
{
    switch (to) {
        case TicketState::open:
            ticket.acknowledged_at.reset();
            ticket.recovered_at.reset();
            ticket.closed_at.reset();
            break;
        case TicketState::in_progress:
            if (!ticket.acknowledged_at) ticket.acknowledged_at = now;
            ticket.recovered_at.reset();
            ticket.closed_at.reset();
            break;
        case TicketState::recovered:
            if (!ticket.recovered_at) ticket.recovered_at = now;  // else its end was noticed before
            break;
        case TicketState::closed: ticket.closed_at = now; break;
        case TicketState::held:
        case TicketState::close_requested:
        case TicketState::returned: break;
    }
}

std::string refusal(TicketState from, TicketState to, const std::vector<TicketState>& allowed)
{
    std::string text = "a ticket that is '" + std::string(to_string(from)) + "' cannot be moved to '" +
                       std::string(to_string(to)) + "'; allowed: ";
    if (allowed.empty()) return text + "none";
    for (std::size_t i = 0; i < allowed.size(); ++i) {
        if (i > 0) text += ", ";
        text += to_string(allowed[i]);
    }
    return text;
}

template <typename Id>
json or_null(const std::optional<Id>& id)
{
    return id ? json(id->str()) : json(nullptr);
}

json time_or_null(const std::optional<Timestamp>& at)
{
    return at ? json(format_rfc3339(*at)) : json(nullptr);
}

}  // namespace

Result<std::vector<TicketEvent>> move_ticket(Ticket& ticket, TicketState to, bool close_approval,
                                             const std::string& comment, const Act& act)
{
    const auto from = ticket.state;
    const auto allowed = domain::allowed_transitions(from, close_approval);
    if (std::ranges::find(allowed, to) == allowed.end()) {
        return Error(ErrorCode::conflict, refusal(from, to, allowed));
    }
    if (from == TicketState::held) {  // they are of an episode before the one that was held
        ticket.acknowledged_at.reset();
        ticket.recovered_at.reset();
        ticket.closed_at.reset();
    }
    ticket.state = to;
    keep_times(ticket, to, act.at);
    ++ticket.version;
    json data{{"from", to_string(from)}, {"to", to_string(to)}};
    if (!comment.empty()) data["comment"] = comment;
    return std::vector{event(ticket, kind_of_move(from, to), data, act)};
}

std::vector<TicketEvent> edit_ticket(Ticket& ticket, const TicketEdit& wanted, const Act& act)
{
    std::vector<TicketEvent> events;
    if (ticket.assignee != wanted.assignee) {
        const json data{{"from", or_null(ticket.assignee)}, {"to", or_null(wanted.assignee)}};
        events.push_back(event(ticket, TicketEventKind::assigned, data, act));
        ticket.assignee = wanted.assignee;
    }
    if (ticket.severity != wanted.severity) {
        const json data{{"from", to_string(ticket.severity)}, {"to", to_string(wanted.severity)}};
        events.push_back(event(ticket, TicketEventKind::severity_changed, data, act));
        ticket.severity = wanted.severity;
    }

    auto fields = json::object();
    const auto replace = [&fields](std::string_view name, std::string& current, const std::string& next) {
        if (current == next) return;
        fields[std::string(name)] = {{"from", current}, {"to", next}};
        current = next;
    };
    replace("title", ticket.title, wanted.title);
    replace("priority", ticket.priority, wanted.priority);
    replace("cause", ticket.cause, wanted.cause);
    replace("impact", ticket.impact, wanted.impact);
    replace("measure", ticket.measure, wanted.measure);
    replace("approver", ticket.approver, wanted.approver);
    if (ticket.due_at != wanted.due_at) {
        fields["due_at"] = {{"from", time_or_null(ticket.due_at)}, {"to", time_or_null(wanted.due_at)}};
        ticket.due_at = wanted.due_at;
    }
    if (!fields.empty()) {
        events.push_back(event(ticket, TicketEventKind::edited, {{"fields", std::move(fields)}}, act));
    }
    if (!events.empty()) ++ticket.version;
    return events;
}

std::vector<TicketEvent> comment_on_ticket(Ticket& ticket, const std::string& text, const Act& act)
{
    ++ticket.version;
    return {event(ticket, TicketEventKind::commented, {{"text", text}}, act)};
}

std::vector<TicketEvent> set_parent(Ticket& ticket, const std::optional<TicketId>& parent, const Act& act)
{
    if (ticket.parent_id == parent) return {};
    const json data{{"from", or_null(ticket.parent_id)}, {"to", or_null(parent)}};
    ticket.parent_id = parent;
    ++ticket.version;
    return {event(ticket, TicketEventKind::parent_changed, data, act)};
}

std::vector<TicketEvent> note_retry(Ticket& ticket, DeliveryId delivery, ContactId contact, const Act& act)
{
    ++ticket.version;
    const json data{{"delivery_id", delivery.str()}, {"contact_id", contact.str()}};
    return {event(ticket, TicketEventKind::notification_retried, data, act)};
}

}  // namespace winnow::api
