#include "winnow/tickets/work.hpp"

#include "winnow/tickets/event_data.hpp"
#include "winnow/tickets/ticket_fields.hpp"
#include "winnow/tickets/transitions.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

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

/// What a field said and says now.
struct Difference {
    const Ticket& from;
    const Ticket& to;

    EventData operator()(std::string Ticket::* at) const
    {
        EventData data;
        data.words("from", from.*at).words("to", to.*at);
        return data;
    }
    EventData operator()(domain::Severity Ticket::* at) const
    {
        return from_to(to_string(from.*at), to_string(to.*at));
    }
    EventData operator()(std::optional<UserId> Ticket::* at) const
    {
        return from_to(text_of(from.*at), text_of(to.*at));
    }
    EventData operator()(std::optional<Timestamp> Ticket::* at) const
    {
        return from_to(text_of(from.*at), text_of(to.*at));
    }

    /// Nobody edits such a field.
    template <typename Other>
    EventData operator()(Other Ticket::* /*at*/) const
    {
        return {};
    }
};

EventData difference(const Ticket& from, const Ticket& to, const TicketField& field)
{
    return std::visit(Difference{from, to}, field.member);
}

/// Those of the fields told as `kind` that differ: texts first, in the table's order.
std::vector<const TicketField*> differing_fields(const Ticket& a, const Ticket& b, TicketEventKind kind)
{
    std::vector<const TicketField*> fields;
    for (const auto& field : ticket_fields()) {
        if (!field.edit || field.edit->told_as != kind) continue;
        if (std::visit([&](auto at) { return a.*at != b.*at; }, field.member)) fields.push_back(&field);
    }
    std::ranges::stable_partition(
        fields, [](const auto* field) { return std::holds_alternative<std::string Ticket::*>(field->member); });
    return fields;
}

void take_over(Ticket& ticket, const Ticket& wanted, const TicketField& field)
{
    std::visit([&](auto at) { ticket.*at = wanted.*at; }, field.member);
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

std::vector<TicketEvent> edit_ticket(Ticket& ticket, const Ticket& wanted, const Act& act)
{
    std::vector<TicketEvent> events;
    for (const auto kind : {TicketEventKind::assigned, TicketEventKind::severity_changed}) {
        for (const auto* field : differing_fields(ticket, wanted, kind)) {
            events.push_back(event(ticket, kind, difference(ticket, wanted, *field), act));
            take_over(ticket, wanted, *field);
        }
    }
    EventData fields;
    for (const auto* field : differing_fields(ticket, wanted, TicketEventKind::edited)) {
        fields.object(field->name, difference(ticket, wanted, *field));
        take_over(ticket, wanted, *field);
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

std::vector<TicketEvent> give_to_group(Ticket& ticket, const std::optional<ManagementGroupId>& from,
                                       const std::optional<ManagementGroupId>& to, const Act& act)
{
    ++ticket.version;
    EventData fields;
    fields.object("management_group_id", from_to(text_of(from), text_of(to)));
    EventData data;
    data.object("fields", std::move(fields));
    return {event(ticket, TicketEventKind::edited, std::move(data), act)};
}

std::vector<TicketEvent> note_retry(Ticket& ticket, DeliveryId delivery, ContactId contact, const Act& act)
{
    ++ticket.version;
    EventData data;
    data.add("delivery_id", delivery.str()).add("contact_id", contact.str());
    return {event(ticket, TicketEventKind::notification_retried, std::move(data), act)};
}

}  // namespace winnow::tickets
