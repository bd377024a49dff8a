/// @file
/// POST /silences/preview: what a silence would hit if it began now, without one being made.

#include "api/alert_history.hpp"
#include "api/alert_json.hpp"
#include "api/json_body.hpp"
#include "api/respond.hpp"
#include "api/scope_json.hpp"
#include "api/silence_work.hpp"
#include "api/ticket_json.hpp"
#include "winnow/ports/rule_store.hpp"
#include "winnow/ports/ticket_store.hpp"
#include "winnow/rules/rule_set.hpp"
#include "winnow/suppression/scope.hpp"

#include <chrono>
#include <utility>

namespace winnow::api {
namespace {

using domain::TicketState;
using http::Response;
using nlohmann::json;
using ports::TenantSession;

constexpr std::size_t kShown = 20;
constexpr std::size_t kTicketsAtOnce = 500;
constexpr std::size_t kMaxTickets = 10'000;
constexpr std::size_t kMaxAlerts = 10'000;
constexpr auto kLookBack = std::chrono::hours{1};

/// Things of one kind that are hit: how many, and the newest of them.
struct Hits {
    std::size_t count = 0;
    json items = json::array();
    bool complete = true;  ///< Everything was looked at.

    [[nodiscard]] json shown() && { return {{"count", count}, {"complete", complete}, {"items", std::move(items)}}; }
};

/// What of a ticket's alerts is left on the ticket.
domain::Alert alert_of(const domain::Ticket& ticket)
{
    domain::Alert alert;
    alert.title = ticket.title;
    alert.severity = ticket.severity;
    alert.dedup_key = ticket.dedup_key;
    alert.source = ticket.source;
    alert.service = ticket.service;
    alert.component = ticket.component;
    alert.group = ticket.group;
    alert.class_name = ticket.class_name;
    alert.description = ticket.description;
    alert.labels = ticket.labels;
    alert.starts_at = ticket.opened_at;
    alert.received_at = ticket.last_seen_at;
    return alert;
}

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

Result<Hits> hit_tickets(const suppression::Scope& scope, Timestamp now, TenantSession& session)
{
    ports::TicketFilter live;
    live.states = {TicketState::held, TicketState::open, TicketState::in_progress, TicketState::close_requested,
                   TicketState::returned};
    Hits hits;
    std::optional<ports::TicketCursor> after;
    for (std::size_t seen = 0; seen < kMaxTickets; seen += kTicketsAtOnce) {
        const auto page = session.tickets().page(live, ports::TicketOrder::newest, after, kTicketsAtOnce);
        if (!page) return page.error();
        for (const auto& ticket : *page) {
            if (!scope.finds(alert_of(ticket), now)) continue;
            if (++hits.count <= kShown) hits.items.push_back(ticket_line(ticket));
        }
        if (page->size() < kTicketsAtOnce) return hits;
        const auto& last = page->back();
        after = ports::TicketCursor{
            .opened_at = last.opened_at, .severity = last.severity, .number = last.number, .id = last.id};
    }
    hits.complete = false;
    return hits;
}

/// The last hour's firing alerts, as the rules would leave them now.
Result<Hits> hit_alerts(const suppression::Scope& scope, Timestamp now, TenantSession& session)
{
    const auto rules = session.rules().all();
    if (!rules) return rules.error();
    const auto compiled = rules::RuleSet::compile(*rules);
    AlertQuery query;
    query.received_from = now - kLookBack;
    auto found = search_alerts(session.alerts(), query, std::nullopt, kMaxAlerts,
                               {.rows = kMaxAlerts, .alerts = kMaxAlerts, .decoded = kMaxAlerts});
    if (!found) return found.error();
    Hits hits;
    hits.complete = !found->next;
    for (auto& past : found->items) {
        if (past.alert.status != domain::AlertStatus::firing) continue;
        auto alert = past.alert;
        if (compiled->evaluate(alert, alert.received_at).dropped || !scope.finds(alert, now)) continue;
        if (++hits.count <= kShown) hits.items.push_back(alert_json(past));
    }
    return hits;
}

}  // namespace

Result<Response> preview_silence(const Call& call, TenantSession& session)
{
    const auto document = read_object(call.request);
    if (!document) return document.error();
    FieldReader fields(*document);
    const auto wanted = read_scope(fields);
    fields.read_only({"id", "starts_at", "ends_at", "comment", "end_when_quiet", "state", "created_by", "created_at",
                      "ended_by", "stats", "version", "updated_at", "updated_by"});
    if (const auto read = fields.finish(); !read) return read.error();
    const auto scope = suppression::Scope::compile(wanted);
    if (!scope) return scope.error();
    auto tickets = hit_tickets(*scope, call.now, session);
    if (!tickets) return tickets.error();
    auto alerts = hit_alerts(*scope, call.now, session);
    if (!alerts) return alerts.error();
    return json_response(200, {{"tickets", std::move(*tickets).shown()}, {"alerts", std::move(*alerts).shown()}});
}

}  // namespace winnow::api
