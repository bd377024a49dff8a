#include "api/alerts/alert_history.hpp"
#include "api/alerts/alert_json.hpp"
#include "api/rest/etag.hpp"
#include "api/rest/page.hpp"
#include "api/rest/parameters.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/respond.hpp"
#include "api/rest/route.hpp"
#include "api/tickets/ticket_export.hpp"
#include "api/tickets/ticket_group.hpp"
#include "api/tickets/ticket_json.hpp"
#include "api/tickets/ticket_query.hpp"
#include "api/tickets/ticket_work.hpp"
#include "winnow/domain/words.hpp"
#include "winnow/ports/ticket_store.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using domain::Severity;
using domain::Ticket;
using http::Response;
using nlohmann::json;
using ports::TenantSession;

Result<Response> list_tickets(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    const auto known = only_parameters(head, {"state[]", "severity[]", "service[]", "assignee", "label.", "q", "from",
                                              "to", "sort", "limit", "cursor"});
    if (!known) return known.error();
    const auto page = page_request(head, kTicketCursorParts);
    if (!page) return page.error();
    const auto wanted = ticket_list_request(head, call.who, page->cursor);
    if (!wanted) return wanted.error();
    return page_response(
        head, Stretch<ports::TicketCursor>{.limit = page->limit, .after = wanted->after},
        [&](const auto& after, std::size_t most) {
            return session.tickets().page(wanted->filter, wanted->order, after, most);
        },
        [](const Ticket& ticket) { return ticket_json(ticket); }, [](const Ticket& ticket) { return place_of(ticket); },
        [&](const ports::TicketCursor& place) { return ticket_cursor(wanted->order, place); });
}

Result<Response> ticket_stats(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    const auto known =
        only_parameters(head, {"state[]", "severity[]", "service[]", "assignee", "label.", "q", "from", "to"});
    if (!known) return known.error();
    const auto filter = ticket_filter(head, call.who);
    if (!filter) return filter.error();
    const auto counts = session.tickets().count(*filter);
    if (!counts) return counts.error();

    auto by_state = json::object();
    for (const auto state : domain::ticket_states()) by_state[std::string(to_string(state))] = 0;
    auto by_severity = json::object();
    for (const auto severity : domain::severities()) by_severity[std::string(to_string(severity))] = 0;
    auto unfinished_by_severity = by_severity;
    std::int64_t total = 0;
    const auto add = [](json& to, std::string_view key, std::int64_t count) {
        auto& value = to[std::string(key)];
        value = value.get<std::int64_t>() + count;
    };
    for (const auto& [state, severity, count] : *counts) {
        total += count;
        add(by_state, to_string(state), count);
        add(by_severity, to_string(severity), count);
        if (is_shown(state)) add(unfinished_by_severity, to_string(severity), count);
    }
    return json_response(200, {{"total", total},
                               {"by_state", by_state},
                               {"by_severity", by_severity},
                               {"unfinished_by_severity", unfinished_by_severity}});
}

Result<Ticket> ticket_of(const Call& call, TenantSession& session)
{
    const auto id = call.id<TicketId>();
    if (!id) return id.error();
    return session.tickets().find(*id);
}

Result<Response> get_ticket(const Call& call, TenantSession& session)
{
    const auto ticket = ticket_of(call, session);
    if (!ticket) return ticket.error();
    if (matches_if_none_match(call.request.head, ticket->version)) {
        Response unchanged(304);
        unchanged.set("ETag", etag(ticket->version));
        return unchanged;
    }
    return versioned(ticket_json(*ticket), ticket->version);
}

/// One page of a timeline; `shown` renders an event.
Result<Response> events_page(const Call& call, TenantSession& session, ports::TimelineRange range,
                             json (*shown)(const domain::TicketEvent&))
{
    const auto& head = call.request.head;
    const auto known = only_parameters(head, {"sort", "limit", "cursor"});
    if (!known) return known.error();
    const auto stretch = numbered_stretch<std::int32_t>(head);
    if (!stretch) return stretch.error();
    const auto sort = head.query_parameter("sort").value_or("at");
    if (sort != "at" && sort != "-at") return query_error("sort", "must be one of at, -at");
    range.newest_first = sort == "-at";
    const auto ticket = ticket_of(call, session);
    if (!ticket) return ticket.error();
    return page_response(
        head, *stretch,
        [&](const auto& after, std::size_t most) {
            range.after_seq = after;
            return session.tickets().timeline(ticket->id, range, most);
        },
        shown, [](const domain::TicketEvent& event) { return event.seq; }, numbered_cursor);
}

Result<Response> ticket_timeline(const Call& call, TenantSession& session)
{
    return events_page(call, session, {}, &timeline_json);
}

Result<Response> list_ticket_comments(const Call& call, TenantSession& session)
{
    return events_page(call, session,
                       {.kind = domain::TicketEventKind::commented, .after_seq = {}, .newest_first = false},
                       &comment_json);
}

Result<Response> list_ticket_alerts(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    const auto known = only_parameters(head, {"limit", "cursor"});
    if (!known) return known.error();
    const auto page = page_request(head, 1);
    if (!page) return page.error();
    const auto ticket = ticket_of(call, session);
    if (!ticket) return ticket.error();
    auto query = alerts_of(*ticket);
    auto sight = AlertSight::of(call.who, session);
    if (!sight) return sight.error();
    query.sight = &*sight;
    return alerts_page(call, session.alerts(), query, *page);
}

}  // namespace

std::vector<Route> ticket_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/tickets", read_tickets, "listTickets", &list_tickets},
        {"GET", "/api/v1/tickets.csv", read_tickets, "listTicketsAsCsv", &list_tickets_as_csv, always, false, true},
        {"GET", "/api/v1/tickets/stats", read_tickets, "getTicketStats", &ticket_stats},
        {"POST", "/api/v1/tickets/bulk", work_tickets, "changeTicketsInBulk", &change_tickets_in_bulk},
        {"GET", "/api/v1/tickets/{id}", read_tickets, "getTicket", &get_ticket},
        {"PATCH", "/api/v1/tickets/{id}", work_tickets, "updateTicket", &patch_ticket},
        {"POST", "/api/v1/tickets/{id}/transitions", work_tickets, "transitionTicket", &transition_ticket},
        {"GET", "/api/v1/tickets/{id}/comments", read_tickets, "listTicketComments", &list_ticket_comments},
        {"POST", "/api/v1/tickets/{id}/comments", work_tickets, "addTicketComment", &add_ticket_comment},
        {"GET", "/api/v1/tickets/{id}/timeline", read_tickets, "getTicketTimeline", &ticket_timeline},
        {"GET", "/api/v1/tickets/{id}/alerts", read_alerts, "listTicketAlerts", &list_ticket_alerts},
        {"PUT", "/api/v1/tickets/{id}/parent", work_tickets, "putTicketParent", &put_ticket_parent},
        {"DELETE", "/api/v1/tickets/{id}/parent", work_tickets, "deleteTicketParent", &delete_ticket_parent},
        {"GET", "/api/v1/tickets/{id}/management-group", read_tickets, "getTicketManagementGroup", &get_ticket_group},
        {"PUT", "/api/v1/tickets/{id}/management-group", write_groups, "putTicketManagementGroup", &put_ticket_group},
        {"DELETE", "/api/v1/tickets/{id}/management-group", write_groups, "deleteTicketManagementGroup",
         &delete_ticket_group},
    };
}

}  // namespace winnow::api
