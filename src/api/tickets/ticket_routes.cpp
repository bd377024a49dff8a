#include "api/alerts/alert_history.hpp"
#include "api/alerts/alert_json.hpp"
#include "api/rest/etag.hpp"
#include "api/rest/page.hpp"
#include "api/rest/parameters.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/respond.hpp"
#include "api/rest/route.hpp"
#include "api/tickets/ticket_csv.hpp"
#include "api/tickets/ticket_json.hpp"
#include "api/tickets/ticket_query.hpp"
#include "api/tickets/ticket_work.hpp"
#include "winnow/ports/ticket_store.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
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

/// Lines and bytes of one CSV answer, as kMaxPageBytes are those of a page; the Link header leads to the rest.
constexpr std::size_t kMaxCsvRows = 10'000;
constexpr std::size_t kMaxCsvBytes = 4 * kMaxPageBytes;
/// Of them so many are loaded at once.
constexpr std::size_t kCsvPiece = 500;

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

/// `limit` of the CSV list, which takes more than a page.
Result<std::size_t> csv_limit(const http::RequestHead& head)
{
    const auto text = head.query_parameter("limit");
    if (!text) return kMaxCsvRows;
    std::size_t limit = 0;
    const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), limit);
    if (failure != std::errc() || end != text->data() + text->size() || limit < 1 || limit > kMaxCsvRows) {
        return query_error("limit", "must be a number from 1 to " + std::to_string(kMaxCsvRows));
    }
    return limit;
}

/// The page_request() of the request without its `limit`, which page_request() would judge by its own maximum.
Result<Cursor> csv_cursor(const http::RequestHead& head)
{
    http::RequestHead only_cursor;
    only_cursor.path = head.path;
    for (std::string_view rest = head.query; !rest.empty();) {
        const auto end = rest.find('&');
        if (rest.substr(0, end).starts_with("cursor=")) only_cursor.query = rest.substr(0, end);
        if (end == std::string_view::npos) break;
        rest.remove_prefix(end + 1);
    }
    const auto page = page_request(only_cursor, kTicketCursorParts);
    if (!page) return page.error();
    return page->cursor;
}

/// The tickets of one CSV answer, and whether more follow.
struct CsvTickets {
    std::vector<Ticket> tickets;
    bool more = false;
};

/// As many as `limit` and kMaxCsvBytes can hold, and at most one piece more.
Result<CsvTickets> load_csv(TenantSession& session, TicketListRequest wanted, std::size_t limit)
{
    CsvTickets loaded;
    std::size_t bytes = 0;
    while (true) {
        const auto piece = std::min(kCsvPiece, limit - loaded.tickets.size());
        auto found = session.tickets().page(wanted.filter, wanted.order, wanted.after, piece + 1);
        if (!found) return found.error();
        loaded.more = found->size() > piece;
        if (loaded.more) found->resize(piece);
        for (auto& ticket : *found) {
            bytes += least_csv_bytes(ticket);
            loaded.tickets.push_back(std::move(ticket));
        }
        if (!loaded.more || loaded.tickets.size() == limit || bytes > kMaxCsvBytes) return loaded;
        wanted.after = place_of(loaded.tickets.back());
    }
}

Result<Answer> list_tickets_as_csv(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    const auto known = only_parameters(head, {"state[]", "severity[]", "service[]", "assignee", "label.", "q", "from",
                                              "to", "sort", "limit", "cursor"});
    if (!known) return known.error();
    const auto limit = csv_limit(head);
    if (!limit) return limit.error();
    const auto cursor = csv_cursor(head);
    if (!cursor) return cursor.error();
    const auto wanted = ticket_list_request(head, call.who, *cursor);
    if (!wanted) return wanted.error();
    auto loaded = load_csv(session, *wanted, *limit);
    if (!loaded) return loaded.error();
    return Compute([order = wanted->order, loaded = *std::move(loaded)](const Call& asked) {
        Response response;
        auto csv = tickets_csv(loaded.tickets, kMaxCsvBytes);
        if (loaded.more || csv.lines < loaded.tickets.size()) {
            const auto cursor = encode_cursor(ticket_cursor(order, loaded.tickets[csv.lines - 1]));
            response.set("Link", next_link(asked.request.head, cursor));
        }
        response.set("Content-Type", "text/csv; charset=utf-8; header=present");
        response.set("Content-Disposition", "attachment; filename=\"tickets.csv\"");
        response.body = std::move(csv.text);
        return Result<Response>(std::move(response));
    });
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
    const json none{{"critical", 0}, {"error", 0}, {"warning", 0}, {"info", 0}};
    json by_severity = none;
    json unfinished_by_severity = none;
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
    const auto page = page_request(head, 1);
    if (!page) return page.error();
    const auto sort = head.query_parameter("sort").value_or("at");
    if (sort != "at" && sort != "-at") return query_error("sort", "must be one of at, -at");
    range.newest_first = sort == "-at";
    Stretch<std::int32_t> stretch{.limit = page->limit, .after = {}};
    if (!page->cursor.empty()) {
        const auto& text = page->cursor.front();
        std::int32_t seq = 0;
        const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seq);
        if (failure != std::errc() || end != text.data() + text.size()) return bad_cursor();
        stretch.after = seq;
    }
    const auto ticket = ticket_of(call, session);
    if (!ticket) return ticket.error();
    return page_response(
        head, stretch,
        [&](const auto& after, std::size_t most) {
            range.after_seq = after;
            return session.tickets().timeline(ticket->id, range, most);
        },
        shown, [](const domain::TicketEvent& event) { return event.seq; },
        [](std::int32_t seq) { return Cursor{std::to_string(seq)}; });
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
    return alerts_page(call, session.alerts(), alerts_of(*ticket), *page);
}

}  // namespace

std::vector<Route> ticket_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/tickets", read_tickets, "listTickets", &list_tickets},
        {"GET", "/api/v1/tickets.csv", read_tickets, "listTicketsAsCsv", &list_tickets_as_csv, always},
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
    };
}

}  // namespace winnow::api
