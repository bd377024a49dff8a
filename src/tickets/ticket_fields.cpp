#include "winnow/tickets/ticket_fields.hpp"

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace winnow::tickets {

namespace {

using Core = TicketCore;
using domain::Alert;
using domain::Ticket;
using enum Hand;

constexpr std::size_t kReport = 16'384;  // characters of what people find out

constexpr std::array kFields{
    TicketField{.name = "id", .column = "ticket_id", .member = &Ticket::id, .core = &Core::id, .csv = 1},
    TicketField{.name = "number", .column = "number", .member = &Ticket::number, .core = &Core::number, .csv = 2},
    TicketField{.name = "state",
                .column = "state",
                .member = &Ticket::state,
                .hand = both,
                .core = &Core::state,
                .csv = 3,
                .instead = "POST to the ticket's transitions"},
    TicketField{.name = "title",
                .column = "title",
                .member = &Ticket::title,
                .hand = both,
                .core = &Core::title,
                .alert = &Alert::title,
                .csv = 6,
                .edit = Edit{.most = 1'024, .is_line = true}},
    TicketField{.name = "priority",
                .column = "priority",
                .member = &Ticket::priority,
                .hand = people,
                .csv = 5,
                .edit = Edit{.most = 64}},
    TicketField{.name = "severity",
                .column = "severity",
                .member = &Ticket::severity,
                .hand = both,
                .core = &Core::severity,
                .alert = &Alert::severity,
                .csv = 4,
                .edit = Edit{.told_as = domain::TicketEventKind::severity_changed}},
    TicketField{.name = "description",
                .column = "description",
                .member = &Ticket::description,
                .hand = triage,
                .core = &Core::description,
                .alert = &Alert::description,
                .csv = 7},
    TicketField{.name = "dedup_key",
                .column = "dedup_key",
                .member = &Ticket::dedup_key,
                .core = &Core::dedup_key,
                .alert = &Alert::dedup_key,
                .csv = 8},
    TicketField{.name = "source",
                .column = "source",
                .member = &Ticket::source,
                .hand = triage,
                .core = &Core::source,
                .alert = &Alert::source,
                .csv = 9},
    TicketField{.name = "service",
                .column = "service",
                .member = &Ticket::service,
                .hand = triage,
                .core = &Core::service,
                .alert = &Alert::service,
                .csv = 10},
    TicketField{.name = "component",
                .column = "component",
                .member = &Ticket::component,
                .alert = &Alert::component,
                .shown = false},
    TicketField{.name = "labels", .column = "labels", .member = &Ticket::labels, .alert = &Alert::labels, .csv = 12},
    TicketField{.name = "assignee",
                .column = "assignee",
                .member = &Ticket::assignee,
                .hand = people,
                .csv = 13,
                .edit = Edit{.told_as = domain::TicketEventKind::assigned}},
    TicketField{.name = "group", .column = "group_name", .member = &Ticket::group, .alert = &Alert::group, .csv = 11},
    TicketField{.name = "class",
                .column = "class_name",
                .member = &Ticket::class_name,
                .alert = &Alert::class_name,
                .shown = false},
    TicketField{
        .name = "due_at", .column = "due_at", .member = &Ticket::due_at, .hand = people, .csv = 14, .edit = Edit{}},
    TicketField{.name = "occurrences",
                .column = "occurrences",
                .member = &Ticket::occurrences,
                .hand = triage,
                .core = &Core::occurrences,
                .csv = 15},
    TicketField{.name = "first_seen_at",
                .column = "first_seen_at",
                .member = &Ticket::first_seen_at,
                .core = &Core::first_seen_at,
                .csv = 16},
    TicketField{.name = "last_seen_at",
                .column = "last_seen_at",
                .member = &Ticket::last_seen_at,
                .hand = triage,
                .core = &Core::last_seen_at,
                .csv = 17},
    TicketField{
        .name = "opened_at", .column = "opened_at", .member = &Ticket::opened_at, .core = &Core::opened_at, .csv = 18},
    TicketField{.name = "acknowledged_at",
                .column = "acknowledged_at",
                .member = &Ticket::acknowledged_at,
                .hand = both,
                .core = &Core::acknowledged_at,
                .csv = 19},
    TicketField{.name = "recovered_at",
                .column = "recovered_at",
                .member = &Ticket::recovered_at,
                .hand = both,
                .core = &Core::recovered_at,
                .csv = 20},
    TicketField{.name = "closed_at",
                .column = "closed_at",
                .member = &Ticket::closed_at,
                .hand = both,
                .core = &Core::closed_at,
                .csv = 21},
    TicketField{.name = "parent_id",
                .column = "parent_id",
                .member = &Ticket::parent_id,
                .hand = people,
                .csv = 22,
                .instead = "PUT or DELETE the ticket's parent"},
    TicketField{.name = "suppressed",
                .column = "suppressed",
                .member = &Ticket::suppressed,
                .hand = both,
                .core = &Core::suppressed,
                .csv = 23},
    TicketField{.name = "suppression_reason",
                .column = "suppression_reason",
                .member = &Ticket::suppression_reason,
                .hand = both,
                .core = &Core::suppression_reason,
                .csv = 24},
    TicketField{.name = "cause",
                .column = "cause",
                .member = &Ticket::cause,
                .hand = people,
                .csv = 25,
                .edit = Edit{.most = kReport}},
    TicketField{.name = "impact",
                .column = "impact",
                .member = &Ticket::impact,
                .hand = people,
                .csv = 26,
                .edit = Edit{.most = kReport}},
    TicketField{.name = "measure",
                .column = "measure",
                .member = &Ticket::measure,
                .hand = people,
                .csv = 27,
                .edit = Edit{.most = kReport}},
    TicketField{.name = "approver",
                .column = "approver",
                .member = &Ticket::approver,
                .hand = people,
                .csv = 28,
                .edit = Edit{.most = 254}},
    TicketField{.name = "route",
                .column = "route",
                .member = &Ticket::route,
                .hand = triage,
                .core = &Core::route,
                .shown = false},
    TicketField{.name = "integration_id",
                .column = "integration_id",
                .member = &Ticket::integration_id,
                .hand = triage,
                .core = &Core::integration_id,
                .shown = false},
    TicketField{.name = "management_group_id",
                .column = "management_group_id",
                .member = &Ticket::management_group_id,
                .hand = triage,
                .core = &Core::management_group_id,
                .shown = false},
    TicketField{.name = "event_seq",
                .column = "event_seq",
                .member = &Ticket::event_seq,
                .hand = both,
                .core = &Core::event_seq,
                .shown = false},
    TicketField{.name = "version", .column = "version", .member = &Ticket::version, .hand = both},
};

/// Calls `copy` with both members of each field that the core knows, of those that triage changes where `changing`.
/// Put out at compile time: storms open many tickets. Members of two types do not compile.
template <bool changing, typename Copy, std::size_t... At>
void with_both(std::index_sequence<At...> /*fields*/, Copy copy)
{
    const auto one = [&]<std::size_t at>(std::integral_constant<std::size_t, at> /*field*/) {
        constexpr const TicketField& field = kFields[at];
        if constexpr (field.core.index() != 0 &&
                      (!changing || field.hand == Hand::triage || field.hand == Hand::both)) {
            copy(std::get<field.member.index()>(field.member), std::get<field.core.index()>(field.core));
        }
    };
    (one(std::integral_constant<std::size_t, At>()), ...);
}

/// Calls `copy` with both members of each field that alerts have, too.
template <typename Copy, std::size_t... At>
void with_alert(std::index_sequence<At...> /*fields*/, Copy copy)
{
    const auto one = [&]<std::size_t at>(std::integral_constant<std::size_t, at> /*field*/) {
        constexpr const TicketField& field = kFields[at];
        if constexpr (field.alert.index() != 0) {
            copy(std::get<field.member.index()>(field.member), std::get<field.alert.index()>(field.alert));
        }
    };
    (one(std::integral_constant<std::size_t, At>()), ...);
}

constexpr auto kAll = std::make_index_sequence<kFields.size()>();

}  // namespace

std::span<const TicketField> ticket_fields() noexcept
{
    return kFields;
}

TicketCore core_of(const Ticket& ticket)
{
    TicketCore core;
    with_both<false>(kAll, [&](auto whole, auto part) { core.*part = ticket.*whole; });
    return core;
}

void settle(TicketCore&& core, Ticket& ticket)
{
    with_both<true>(kAll, [&](auto whole, auto part) { ticket.*whole = std::move(core.*part); });
}

Alert alert_of(const Ticket& ticket, Timestamp at)
{
    Alert alert;
    with_alert(kAll, [&](auto whole, auto part) { alert.*part = ticket.*whole; });
    alert.received_at = at;
    return alert;
}

Alert alert_of(const Ticket& ticket)
{
    auto alert = alert_of(ticket, ticket.last_seen_at);
    alert.starts_at = ticket.opened_at;
    return alert;
}

}  // namespace winnow::tickets
