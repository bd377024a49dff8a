/// @file
/// GET /stats/suggestions: rules that would have kept quiet what nobody acted on.

#include "api/rest/page.hpp"
#include "api/rest/parameters.hpp"
#include "api/rest/respond.hpp"
#include "api/rest/route.hpp"
#include "api/rules/rule_json.hpp"
#include "winnow/ports/ticket_store.hpp"
#include "winnow/rules/suggestions.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <utility>

namespace winnow::api {
namespace {

using http::Response;
using nlohmann::json;
using ports::TenantSession;

constexpr std::size_t kMaxTicketsRead = 50'000;
constexpr auto kDefaultRange = std::chrono::hours{7 * 24};

/// As POST /rules takes it.
json draft_json(const domain::Rule& rule)
{
    auto document = json::object();
    for (const auto& field : forms::rule_fields()) {
        if (field.is_content()) document[std::string(field.name)] = forms::field_json(rule, field.member);
    }
    return document;
}

json suggestion_json(const rules::Suggestion& suggestion)
{
    const auto& tried = suggestion.backtest;
    return {{"pattern", suggestion.pattern},
            {"service", suggestion.service},
            {"tickets", suggestion.tickets},
            {"alerts", suggestion.alerts},
            {"notified", suggestion.told},
            {"share", suggestion.share},
            {"examples", suggestion.examples},
            {"rule", draft_json(suggestion.rule)},
            {"backtest",
             {{"tickets", tried.tickets}, {"acted_on", 0}, {"alerts", tried.alerts}, {"notified", tried.told}}}};
}

Result<Answer> list_suggestions(const Call& call, TenantSession& session)
{
    const auto& head = call.request.head;
    if (const auto known = only_parameters(head, {"from", "to"}); !known) return known.error();
    const auto from = time_parameter(head, "from");
    if (!from) return from.error();
    const auto to = time_parameter(head, "to");
    if (!to) return to.error();
    const auto until = to->value_or(call.now);
    const auto since = from->value_or(until - kDefaultRange);
    if (since >= until) return query_error("from", "must be before \"to\"");

    auto tickets = session.tickets().past(since, until, kMaxTicketsRead + 1);
    if (!tickets) return tickets.error();
    const bool complete = tickets->size() <= kMaxTicketsRead;
    if (!complete) tickets->resize(kMaxTicketsRead);
    return Compute([=, tickets = *std::move(tickets)](const Call&) -> Result<Response> {
        auto suggestions = json::array();
        for (const auto& each : rules::suggest(tickets)) suggestions.push_back(suggestion_json(each));
        return json_response(200, {{"from", format_rfc3339(since)},
                                   {"to", format_rfc3339(until)},
                                   {"tickets_read", tickets.size()},
                                   {"complete", complete},
                                   {"suggestions", std::move(suggestions)}});
    });
}

}  // namespace

std::vector<Route> suggestion_routes()
{
    return {{"GET", "/api/v1/stats/suggestions", access::Permission::read_rules, "listSuggestions", list_suggestions,
             always, false, false, true}};
}

}  // namespace winnow::api
