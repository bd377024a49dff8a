#include "winnow/tickets/work.hpp"

#include "winnow/tickets/event_data.hpp"
#include "winnow/tickets/transitions.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace winnow::tickets {
namespace {

using domain::Ticket;
using domain::TicketEvent;
using domain::TicketEventKind;
using domain::TicketState;

TicketEvent event(Ticket& ticket, TicketEventKind kind, EventData data, const Act& act)
{
    return {.ticket_id = ticket.id,
            .seq = ++ticket.event_seq,
            .kind = kind,
            .at = act.at,
            .actor = act.actor,
            .data = data.str()};
}

template <typename Id>
std::optional<std::string> text_of(const std::optional<Id>& id)
{
    return id ? std::optional(id->str()) : std::nullopt;
}

std::optional<std::string> text_of(const std::optional<Timestamp>& at)
{
    return at ? std::optional(format_rfc3339(*at)) : std::nullopt;
}

/// What something was and what it is now, each an identifier or one of our own words.
template <typename Word>
EventData from_to(const Word& from, const Word& to)
{
    EventData data;
    data.add("from", from).add("to", to);
    return data;
}

}  // namespace

Result<std::vector<TicketEvent>> move_ticket(Ticket& ticket, TicketState to, bool close_approval,
                                             const std::string& comment, const Act& act)
{
    const auto from = ticket.state;
    const auto* const transition = find_transition(from, to, Mover::person, close_approval);
    if (transition == nullptr) return not_allowed(from, to, close_approval);
    move(ticket, to, Mover::person, act.at);
    ++ticket.version;
    auto data = from_to(to_string(from), to_string(to));
    if (!comment.empty()) data.words("comment", comment);
    return std::vector{event(ticket, transition->kind, std::move(data), act)};
}

std::vector<TicketEvent> edit_ticket(Ticket& ticket, const TicketEdit& wanted, const Act& act)
{
    std::vector<TicketEvent> events;
    if (ticket.assignee != wanted.assignee) {
        auto data = from_to(text_of(ticket.assignee), text_of(wanted.assignee));
        events.push_back(event(ticket, TicketEventKind::assigned, std::move(data), act));
        ticket.assignee = wanted.assignee;
    }
    if (ticket.severity != wanted.severity) {
        auto data = from_to(to_string(ticket.severity), to_string(wanted.severity));
        events.push_back(event(ticket, TicketEventKind::severity_changed, std::move(data), act));
        ticket.severity = wanted.severity;
    }

    EventData fields;
    const auto replace = [&fields](std::string_view name, std::string& current, const std::string& next) {
        if (current == next) return;
        EventData words;
        fields.object(name, words.words("from", current).words("to", next));
        current = next;
    };
    replace("title", ticket.title, wanted.title);
    replace("priority", ticket.priority, wanted.priority);
    replace("cause", ticket.cause, wanted.cause);
    replace("impact", ticket.impact, wanted.impact);
    replace("measure", ticket.measure, wanted.measure);
    replace("approver", ticket.approver, wanted.approver);
    if (ticket.due_at != wanted.due_at) {
        fields.object("due_at", from_to(text_of(ticket.due_at), text_of(wanted.due_at)));
        ticket.due_at = wanted.due_at;
    }
    if (!fields.is_empty()) {
        EventData data;
        data.object("fields", std::move(fields));
        events.push_back(event(ticket, TicketEventKind::edited, std::move(data), act));
    }
    if (!events.empty()) ++ticket.version;
    return events;
}

std::vector<TicketEvent> comment_on_ticket(Ticket& ticket, const std::string& text, const Act& act)
{
    ++ticket.version;
    EventData data;
    data.words("text", text);
    return {event(ticket, TicketEventKind::commented, std::move(data), act)};
}

Result<Done> check_ancestry(TicketId ticket, const std::vector<TicketId>& parent_and_ancestors)
{
    if (std::ranges::find(parent_and_ancestors, ticket) == parent_and_ancestors.end()) return Done{};
    return Error(ErrorCode::conflict, "a ticket cannot be its own ancestor: the wanted parent stands below it");
}

std::vector<TicketEvent> set_parent(Ticket& ticket, const std::optional<TicketId>& parent, const Act& act)
{
    if (ticket.parent_id == parent) return {};
    auto data = from_to(text_of(ticket.parent_id), text_of(parent));
    ticket.parent_id = parent;
    ++ticket.version;
    return {event(ticket, TicketEventKind::parent_changed, std::move(data), act)};
}

std::vector<TicketEvent> note_retry(Ticket& ticket, DeliveryId delivery, ContactId contact, const Act& act)
{
    ++ticket.version;
    EventData data;
    data.add("delivery_id", delivery.str()).add("contact_id", contact.str());
    return {event(ticket, TicketEventKind::notification_retried, std::move(data), act)};
}

}  // namespace winnow::tickets
