/// @file
/// POST /silences/preview: what a silence would hit if it began now, without one being made.

#include "api/alerts/alert_history.hpp"
#include "api/alerts/alert_json.hpp"
#include "api/rest/json_body.hpp"
#include "api/rest/respond.hpp"
#include "api/suppression/scope_json.hpp"
#include "api/suppression/silence_work.hpp"
#include "api/tickets/live_tickets.hpp"
#include "winnow/observe/processor_time.hpp"
#include "winnow/ports/rule_store.hpp"
#include "winnow/rules/rule_set.hpp"
#include "winnow/suppression/breadth.hpp"
#include "winnow/suppression/scope.hpp"
#include "winnow/tickets/ticket_fields.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using domain::Rule;
using http::Response;
using nlohmann::json;
using ports::TenantSession;

constexpr std::size_t kShown = 20;
constexpr std::size_t kMaxAlerts = 10'000;
constexpr auto kLookBack = std::chrono::hours{1};
/// Two hundred steps for each of as many tickets, or alerts, as are looked at.
constexpr suppression::Effort kEffortOfEach{.steps = 200 * kMaxAlerts};
/// Of a processor, for what the rules make of the alerts: one alert may cost milliseconds.
constexpr std::chrono::seconds kMostOfRules{1};

/// Things of one kind that are hit: how many, and the newest of them.
struct Hits {
    std::size_t count = 0;
    std::size_t asked = 0;  ///< How many were looked at.
    json items = json::array();
    bool complete = true;             ///< Everything was looked at.
    std::vector<std::string> unseen;  ///< Fields that the scope names and these things do not have.
    std::set<std::string> keys;       ///< Of what was looked at, two at most: whether there is more than one.

    /// Whether the alert is hit; one that is not asked of makes this incomplete.
    bool ask(const suppression::Scope& scope, const domain::Alert& alert, Timestamp now, suppression::Effort& effort)
    {
        const auto found = scope.finds(alert, now, effort);
        if (!found) complete = false;
        return found == true;
    }

    [[nodiscard]] bool all() const { return complete && count == asked; }
    void note(const std::string& key)
    {
        ++asked;
        if (keys.size() < 2) keys.insert(key);
    }

    [[nodiscard]] json shown() &&
    {
        json document{{"count", count}, {"complete", complete}, {"items", std::move(items)}};
        if (!unseen.empty()) document["unseen"] = unseen;
        return document;
    }
};

json ticket_line(const domain::Ticket& ticket)
{
    return {{"id", ticket.id.str()},
            {"number", ticket.number},
            {"state", to_string(ticket.state)},
            {"severity", to_string(ticket.severity)},
            {"title", ticket.title},
            {"source", ticket.source},
            {"service", ticket.service}};
}

/// A silence that is only thought of.
struct Wanted {
    domain::Scope scope;
    suppression::Scope compiled;
    std::vector<Timestamp> at;        ///< Some of the instants at which it would be in force.
    std::string_view field;           ///< That says what it covers.
    std::vector<std::string> unseen;  ///< Fields that it names and tickets do not have.
};

/// What is looked at.
struct Looked {
    std::vector<domain::Ticket> tickets;  ///< That are live; none where the silence cannot be tried on them.
    bool all_tickets = false;
    std::vector<Rule> rules;
    AlertStretch alerts;  ///< Of the last hour.
};

/// What alerts have and tickets do not: a scope that names such a field cannot be tried on tickets.
std::vector<std::string> unseen_on_tickets(const suppression::Scope& scope)
{
    std::vector<std::string> fields;
    for (const auto* field : {"integration", "details", "links"}) {
        if (scope.names_field(field)) fields.emplace_back(field);
    }
    return fields;
}

Result<Looked> look(const Call& call, const Wanted& wanted, TenantSession& session)
{
    Looked looked;
    if (wanted.unseen.empty()) {
        const auto complete = for_live_tickets(session.tickets(),
                                               [&](const domain::Ticket& ticket) { looked.tickets.push_back(ticket); });
        if (!complete) return complete.error();
        looked.all_tickets = *complete;
    }
    auto rules = session.rules().all();
    if (!rules) return rules.error();
    looked.rules = *std::move(rules);
    AlertQuery query;
    query.received_from = call.now - kLookBack;
    query.without_set_aside = true;  // this process would end by them, too
    auto found = search_alerts(session.alerts(), call.ids(), query, std::nullopt, kMaxAlerts,
                               {.rows = kMaxAlerts, .alerts = kMaxAlerts, .decoded = kMaxAlerts});
    if (!found) return found.error();
    looked.alerts = *std::move(found);
    return looked;
}

Error nobody_waits()
{
    return {ErrorCode::timeout, "nobody waited for the answer any more"};
}

Result<Hits> hit_tickets(const Call& call, const Wanted& wanted, const Looked& looked)
{
    auto effort = kEffortOfEach;
    Hits hits;
    hits.unseen = wanted.unseen;
    hits.complete = looked.all_tickets;
    for (const auto& ticket : looked.tickets) {
        if (call.is_given_up()) return nobody_waits();
        hits.note(ticket.dedup_key);
        if (!hits.ask(wanted.compiled, tickets::alert_of(ticket), call.now, effort)) continue;
        if (++hits.count <= kShown) hits.items.push_back(ticket_line(ticket));
    }
    return hits;
}

/// The last hour's firing alerts, as the rules would leave them now.
Result<Hits> hit_alerts(const Call& call, const Wanted& wanted, const Looked& looked)
{
    const auto compiled = rules::RuleSet::compile(looked.rules, nullptr, [&] { return call.is_given_up(); });
    if (compiled == nullptr) return nobody_waits();
    const auto begun = observe::processor_time();
    auto effort = kEffortOfEach;
    Hits hits;
    hits.complete = !looked.alerts.next && looked.alerts.left_out == 0;
    for (const auto& past : looked.alerts.items) {
        if (call.is_given_up()) return nobody_waits();
        if (past.alert.status != domain::AlertStatus::firing) continue;
        if (observe::processor_time() - begun > kMostOfRules) {
            hits.complete = false;
            break;
        }
        auto alert = past.alert;
        if (compiled->evaluate(alert, alert.received_at).dropped) continue;
        hits.note(alert.dedup_key);
        if (!hits.ask(wanted.compiled, alert, call.now, effort)) continue;
        if (++hits.count <= kShown) hits.items.push_back(alert_json(past));
    }
    return hits;
}

/// What looks narrow, and yet finds whatever there is: more than one thing, and all of them.
void warn_of_all(json& answer, const Hits& tickets, const Hits& alerts, std::string_view field)
{
    auto keys = tickets.keys;
    keys.insert(alerts.keys.begin(), alerts.keys.end());
    const bool blind = !tickets.unseen.empty();
    if (keys.size() < 2 || (!blind && !tickets.all()) || !alerts.all()) return;
    answer["warnings"].push_back(
        {{"pointer", "/" + std::string(field)},
         {"detail", std::string(blind ? "this finds every alert of the last hour"
                                      : "this finds every live ticket and every alert of the last hour") +
                        ": ask for a value that only some "
                        "have, or, where everything is meant, write {} and say so with ?everything=true (winnow: "
                        "--everything)"}});
}

Result<Response> preview(const Call& call, const Wanted& wanted, const Looked& looked)
{
    auto tickets = hit_tickets(call, wanted, looked);
    if (!tickets) return tickets.error();
    auto alerts = hit_alerts(call, wanted, looked);
    if (!alerts) return alerts.error();
    const bool everything = suppression::breadth_of(wanted.compiled, wanted.at) != suppression::Breadth::something;
    json answer{{"covers_everything", everything}};
    warn_of_scope(answer, wanted.scope, wanted.at);
    if (everything) {
        answer["warnings"].push_back(
            {{"pointer", "/" + std::string(wanted.field)},
             {"detail", "so it is made only where that is meant: ?everything=true (winnow: --everything)"}});
    } else {
        warn_of_all(answer, *tickets, *alerts, wanted.field);
    }
    answer["tickets"] = std::move(*tickets).shown();
    answer["alerts"] = std::move(*alerts).shown();
    return json_response(200, answer);
}

}  // namespace

Result<Answer> preview_silence(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    FieldReader fields(*document);
    // It tells of what covers everything; nothing is made of it.
    auto input = read_silence(fields, call.now, {.at = {}, .everything = true}, Need::optional);
    settle_new_times(fields, input, call.now);
    if (const auto read = fields.finish(); !read) return read.error();
    auto compiled = suppression::Scope::compile(input.silence.scope);
    if (!compiled) return compiled.error();
    auto unseen = unseen_on_tickets(*compiled);
    const auto from = std::max(call.now, input.silence.starts_at);
    Wanted wanted{.scope = std::move(input.silence.scope),
                  .compiled = *std::move(compiled),
                  .at = suppression::instants_within(from, input.ends_at.value_or(from + kLookBack)),
                  .field = fields.has("matchers") ? "matchers" : "condition",
                  .unseen = std::move(unseen)};
    auto looked = look(call, wanted, session);
    if (!looked) return looked.error();
    return Compute([wanted = std::move(wanted), looked = *std::move(looked)](const Call& again) {
        return preview(again, wanted, looked);
    });
}

}  // namespace winnow::api
