#include "api/alerts/alert_history.hpp"
#include "api/alerts/alert_json.hpp"
#include "api/rest/page.hpp"
#include "api/rest/parameters.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/respond.hpp"
#include "api/rest/route.hpp"
#include "winnow/domain/words.hpp"
#include "winnow/ports/ticket_store.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace winnow::api {
namespace {

using http::Response;
using nlohmann::json;
using ports::TenantSession;

/// The words of `disposition`, one of which is no verdict's.
Result<Done> read_dispositions(const http::RequestHead& head, AlertQuery& query)
{
    const auto words = listed_parameter(head, "disposition");
    if (!words) return words.error();
    for (const auto& word : *words) {
        if (word == "pending") {
            query.pending = true;
            continue;
        }
        const auto disposition = domain::parse_disposition(word);
        if (!disposition) {
            return query_error("disposition", "must be of " + domain::listed(domain::dispositions()) + ", pending");
        }
        query.dispositions.push_back(*disposition);
    }
    return Done{};
}

Result<AlertQuery> read_query(const http::RequestHead& head)
{
    AlertQuery query;
    if (const auto ok = read_dispositions(head, query); !ok) return ok.error();
    const auto from = time_parameter(head, "from");
    if (!from) return from.error();
    query.received_from = *from;
    const auto until = time_parameter(head, "to");
    if (!until) return until.error();
    query.received_until = *until;
    const auto rule = id_parameter<RuleId>(head, "rule_id");
    if (!rule) return rule.error();
    query.rule_id = *rule;
    const auto ticket = id_parameter<TicketId>(head, "ticket_id");
    if (!ticket) return ticket.error();
    query.ticket_id = *ticket;
    auto text = text_parameter(head, "q");
    if (!text) return text.error();
    query.text = std::move(*text);
    return query;
}

Result<Response> list_alerts(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    const auto known =
        only_parameters(head, {"from", "to", "disposition[]", "rule_id", "ticket_id", "q", "limit", "cursor"});
    if (!known) return known.error();
    const auto page = page_request(head, 1);
    if (!page) return page.error();
    auto query = read_query(head);
    if (!query) return query.error();
    auto sight = AlertSight::of(call.who, session);
    if (!sight) return sight.error();
    query->sight = &*sight;
    return alerts_page(call, session.alerts(), *query, *page);
}

Result<Response> get_alert(const Call& call, TenantSession& session)
{
    const auto id = call.id<AlertId>();
    if (!id) return id.error();
    auto sight = AlertSight::of(call.who, session);
    if (!sight) return sight.error();
    const auto past = find_alert(session.alerts(), call.ids(), *sight, *id);
    if (!past) return past.error();
    auto document = alert_json(*past);
    document["ticket"] = nullptr;
    if (past->verdict && past->verdict->ticket_id) {
        const auto ticket = session.tickets().find(*past->verdict->ticket_id);
        if (!ticket && ticket.error().code() != ErrorCode::not_found) return ticket.error();
        if (ticket) {
            document["ticket"] = {{"id", ticket->id.str()},
                                  {"number", ticket->number},
                                  {"state", to_string(ticket->state)},
                                  {"title", ticket->title}};
        }
    }
    return json_response(200, document);
}

Result<Response> get_receipt(const Call& call, TenantSession& session)
{
    const auto ids = call.ids();
    const auto receipt = ids.receipt(call.parameter("id"));
    if (!receipt) return Error(ErrorCode::not_found, "there is no such receipt");
    auto sight = AlertSight::of(call.who, session);
    if (!sight) return sight.error();
    const auto alerts = alerts_of_receipt(session.alerts(), ids, *sight, *receipt);
    if (!alerts) return alerts.error();
    auto results = json::array();
    bool settled = true;
    for (const auto& past : *alerts) {
        settled = settled && past.verdict.has_value();
        json line{{"alert_id", past.id.str()},
                  {"disposition", disposition_word(past)},
                  {"effect", nullptr},
                  {"ticket_id", nullptr},
                  {"warnings", warnings_json(past.alert)}};
        if (past.verdict) {
            line["effect"] = to_string(past.verdict->effect);
            if (past.verdict->ticket_id) line["ticket_id"] = past.verdict->ticket_id->str();
        }
        results.push_back(std::move(line));
    }
    return json_response(200, {{"id", ids.receipt(*receipt)},
                               {"received_at", format_rfc3339(receipt->first.row.received_at)},
                               {"settled", settled},
                               {"results", std::move(results)}});
}

}  // namespace

std::vector<Route> alert_routes()
{
    using enum access::Permission;
    return {
        {"GET", "/api/v1/alerts", read_alerts, "listAlerts", &list_alerts},
        {"GET", "/api/v1/alerts/{id}", read_alerts, "getAlert", &get_alert},
        {"GET", "/api/v1/receipts/{id}", read_alerts, "getReceipt", &get_receipt},
    };
}

}  // namespace winnow::api
