#include "api/explanation/alert_explanation.hpp"

#include "api/alerts/alert_json.hpp"
#include "api/explanation/acted_rules.hpp"
#include "api/notify/mute_routes.hpp"
#include "api/rest/respond.hpp"
#include "api/tickets/ticket_json.hpp"
#include "winnow/ports/contact_store.hpp"
#include "winnow/ports/delivery_store.hpp"
#include "winnow/ports/inhibition_store.hpp"
#include "winnow/ports/maintenance_store.hpp"
#include "winnow/ports/rule_store.hpp"
#include "winnow/ports/silence_store.hpp"
#include "winnow/ports/ticket_store.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::api {
namespace {

using domain::Disposition;
using domain::TicketEffect;
using domain::TicketEventKind;
using nlohmann::json;

constexpr std::size_t kMaxEvents = 500;
constexpr std::size_t kMaxDeliveries = 500;

/// Triage marks the end of a trouble that nobody had been told of.
bool is_unheard(const domain::TicketEvent& event)
{
    const auto data = json::parse(event.data, nullptr, /*allow_exceptions=*/false);
    return data.is_object() && data.value("unheard", false);
}

/// Triage marks what other alerts that came with it made needless to tell.
bool is_batched(const domain::TicketEvent& event)
{
    const auto data = json::parse(event.data, nullptr, /*allow_exceptions=*/false);
    return data.is_object() && data.value("batched", false);
}

/// Whether contacts are told of the event: of what kind it is, and not of a trouble that ended before they knew of it.
bool is_told(const domain::TicketEvent& event)
{
    switch (event.kind) {
        case TicketEventKind::opened:
        case TicketEventKind::reopened:
        case TicketEventKind::severity_changed:
        case TicketEventKind::flapping_started:
        case TicketEventKind::flapping_settled:
        case TicketEventKind::recovered: return !is_unheard(event);
        default: return false;
    }
}

/// `the rule "noise of dev"`, else `a rule`.
std::string rule_named(const std::string& name)
{
    return name.empty() ? std::string("a rule") : "the rule \"" + name + "\"";
}

std::string capital(std::string sentence)
{
    if (!sentence.empty() && sentence.front() >= 'a' && sentence.front() <= 'z') {
        sentence.front() = static_cast<char>(sentence.front() - 'a' + 'A');
    }
    return sentence;
}

bool has_action(const ActedRules& acted, std::string_view action)
{
    return std::ranges::any_of(acted.lines, [&](const json& line) {
        return std::ranges::any_of(line["actions"], [&](const json& each) { return each["type"] == action; });
    });
}

/// The name of the first acting rule with that action, else of the last one that acted; "" where it need not be either.
std::string culprit(const ActedRules& acted, std::string_view action)
{
    for (std::size_t i = 0; i < acted.names.size(); ++i) {
        for (const auto& each : acted.lines[i]["actions"]) {
            if (each["type"] == action) return acted.names[i];
        }
    }
    return acted.names.empty() || !acted.are_all ? std::string() : acted.names.back();
}

/// What held the alert back, and what has become of its ticket since.
std::string why_held(const domain::Verdict& verdict, const domain::Ticket* ticket)
{
    std::string text = "A rule held the alert back.";
    if (const auto& held = verdict.held_by) {
        const auto until = held->until ? format_rfc3339(*held->until) : std::string("it has settled");
        switch (held->kind) {
            case domain::HoldKind::threshold:
                text = "It was alert " + std::to_string(held->count) + " of the " + std::to_string(held->needed) +
                       " that a threshold asks for.";
                break;
            case domain::HoldKind::pause: text = "A pause held it until " + until + "."; break;
            case domain::HoldKind::flap:
                text = "The trouble came and went; nothing more was to be told before " + until + ".";
                break;
        }
    }
    if (ticket == nullptr) return text;
    if (ticket->state == domain::TicketState::held) return text + " The ticket still waits.";
    if (ticket->state == domain::TicketState::closed) return text + " The ticket is closed by now.";
    return text + " What was told of the ticket later stands in its timeline.";
}

json held_by_json(const PastAlert& past)
{
    if (!past.verdict || !past.verdict->held_by) return nullptr;
    const auto& held = *past.verdict->held_by;
    return {{"kind", to_string(held.kind)},
            {"rule_id", held.rule_id.str()},
            {"count", held.count},
            {"needed", held.needed},
            {"until", held.until ? json(format_rfc3339(*held.until)) : json(nullptr)}};
}

/// Why nobody was told of an alert: a stable code, and a sentence.
struct Reason {
    std::string_view code;
    std::string detail;
};

/// The ticket and what it tells of this alert; empty where it has none.
struct TicketSide {
    std::optional<domain::Ticket> ticket;
    std::vector<domain::TicketEvent> events;  ///< Those that the alert brought about.
    std::vector<domain::Delivery> deliveries;
};

Result<TicketSide> ticket_side(const PastAlert& past, ports::TenantSession& session)
{
    TicketSide side;
    if (!past.verdict || !past.verdict->ticket_id) return side;
    auto ticket = session.tickets().find(*past.verdict->ticket_id);
    if (!ticket) {
        if (ticket.error().code() == ErrorCode::not_found) return side;
        return ticket.error();
    }
    side.ticket = std::move(*ticket);
    auto events = session.tickets().events_of(side.ticket->id, past.id, kMaxEvents);
    if (!events) return events.error();
    side.events = *std::move(events);
    std::vector<std::int32_t> seqs;
    for (const auto& event : side.events) seqs.push_back(event.seq);
    if (seqs.empty()) return side;
    auto deliveries = session.deliveries().of_events(side.ticket->id, seqs, kMaxDeliveries);
    if (!deliveries) return deliveries.error();
    side.deliveries = std::move(*deliveries);
    return side;
}

json ticket_summary(const std::optional<domain::Ticket>& ticket)
{
    if (!ticket) return nullptr;
    return {{"id", ticket->id.str()},
            {"number", ticket->number},
            {"state", to_string(ticket->state)},
            {"severity", to_string(ticket->severity)},
            {"title", ticket->title},
            {"suppressed", ticket->suppressed},
            {"suppression_reason", ticket->suppression_reason}};
}

/// Why a recovery or acknowledgement changed nothing.
std::string why_ignored(const PastAlert& past)
{
    const auto& alert = past.alert;
    const bool resolved = alert.status == domain::AlertStatus::resolved;
    if (resolved && past.verdict->ticket_id && alert.ends_at) {
        return "It ended at " + format_rfc3339(*alert.ends_at) +
               ", before the trouble began that the ticket tells of now: it is the end of an earlier one.";
    }
    if (!resolved || alert.instance_key.empty() || !alert.ends_at || *alert.ends_at > alert.received_at) {
        return "Nothing was open that the alert could have changed.";
    }
    const auto late = std::chrono::ceil<std::chrono::seconds>(alert.received_at - *alert.ends_at).count();
    return "Its end, " + format_rfc3339(*alert.ends_at) + ", had passed " + std::to_string(late) +
           " s before it came in, so it counts as resolved, and nothing of it was open. Where the trouble is still "
           "there, the sender's clock is slow, by " +
           std::to_string(late) + " s or more.";
}

/// What an alert that led to no delivery owes it to.
Reason why_nobody_was_told(const PastAlert& past, const TicketSide& side, const ActedRules& acted)
{
    if (!past.verdict) return {"pending", "Triage has not reached the alert yet."};
    const auto* ticket = side.ticket ? &*side.ticket : nullptr;
    switch (past.verdict->disposition) {
        case Disposition::dropped: {
            const auto name = acted.names.empty() ? std::string() : acted.names.back();
            return {"dropped", capital(rule_named(name)) + " dropped the alert."};
        }
        case Disposition::suppressed:
            return {"suppressed",
                    capital(rule_named(culprit(acted, "suppress"))) + " keeps the ticket without telling anybody."};
        case Disposition::silenced: return {"silenced", "A silence or maintenance window covered the alert."};
        case Disposition::inhibited: return {"inhibited", "Another firing alert explains this one."};
        case Disposition::held: return {"held", why_held(*past.verdict, ticket)};
        case Disposition::ignored: return {"ignored", why_ignored(past)};
        case Disposition::ticketed:
        case Disposition::quarantined:
        case Disposition::resolved: break;
    }
    if (ticket != nullptr && ticket->suppressed) {
        return {"suppressed", "The ticket is kept without telling anybody: " + ticket->suppression_reason + "."};
    }
    if (std::ranges::any_of(side.events, is_unheard)) {
        return {"unheard", "Nobody had been told of the trouble, so nobody is told that it is over."};
    }
    if (std::ranges::any_of(side.events, is_batched)) {
        return {"batched",
                "Alerts that came in together with it made the message needless: the trouble was over with "
                "them, or the ticket's opening tells of them all."};
    }
    if (std::ranges::any_of(side.events, is_told)) {
        return {"no_contacts", "Neither a matching rule nor the default route led to an enabled contact."};
    }
    switch (past.verdict->effect) {
        case TicketEffect::refreshed:
            return {"refreshed", "The sender repeated what the ticket knew; it counts as no new occurrence."};
        case TicketEffect::joined:
            return {"joined_without_news", "The alert joined a ticket that its contacts had been told of."};
        case TicketEffect::acknowledged: return {"acknowledged", "Somebody is at work on it; nobody need be told."};
        default: return {"no_news", "The alert changed nothing that contacts are told of."};
    }
}

/// `The silence "switch upgrade" covered the alert.`; "" where it is gone.
Result<std::string> covered_by(const domain::QuietCause& cause, ports::TenantSession& session)
{
    const auto said = [&](const Error& error) -> Result<std::string> {
        if (error.code() == ErrorCode::not_found) return std::string();
        return error;
    };
    switch (cause.kind) {
        case domain::QuietKind::silence: {
            const auto found = session.silences().find(SilenceId(cause.id));
            if (!found) return said(found.error());
            return "The silence \"" + found->silence.comment + "\" covered the alert.";
        }
        case domain::QuietKind::maintenance_window: {
            const auto found = session.maintenance().find(MaintenanceWindowId(cause.id));
            if (!found) return said(found.error());
            return "The maintenance window \"" + found->window.name + "\" covered the alert.";
        }
        case domain::QuietKind::inhibition: {
            const auto found = session.inhibitions().find(InhibitionId(cause.id));
            if (!found) return said(found.error());
            return "Another firing alert explains this one, by the inhibition \"" + found->inhibition.name + "\".";
        }
    }
    return std::string();
}

/// The deliveries, each with its contact's name; null where the contact is gone.
Result<json> deliveries_json(const std::vector<domain::Delivery>& deliveries, ports::TenantSession& session)
{
    auto lines = json::array();
    if (deliveries.empty()) return lines;
    std::set<ContactId> contacts;
    for (const auto& delivery : deliveries) contacts.insert(delivery.contact_id);
    const auto found = session.contacts().names({contacts.begin(), contacts.end()});
    if (!found) return found.error();
    const std::map<ContactId, std::string> names(found->begin(), found->end());
    for (const auto& delivery : deliveries) {
        auto line = delivery_json(delivery);
        const auto name = names.find(delivery.contact_id);
        line["contact_name"] = name == names.end() ? json(nullptr) : json(name->second);
        lines.push_back(std::move(line));
    }
    return lines;
}

/// All that the answer needs of the database.
struct Evidence {
    PastAlert past;
    std::vector<domain::Rule> rules;  ///< Today's.
    RulesThen then;
    TicketSide side;
    json deliveries;
    std::vector<std::string> route_names;  ///< Of the groups of the ticket's route, where nobody was told of an event.
    std::string covered;  ///< What covered the alert, in a sentence; "" where nothing did, or it is gone.
};

Result<Evidence> gather(PastAlert past, ports::TenantSession& session)
{
    Evidence found;
    auto rules = session.rules().all();
    if (!rules) return rules.error();
    found.rules = *std::move(rules);
    auto then = rules_then(past, found.rules, session);
    if (!then) return then.error();
    found.then = *std::move(then);
    auto side = ticket_side(past, session);
    if (!side) return side.error();
    found.side = *std::move(side);
    auto deliveries = deliveries_json(found.side.deliveries, session);
    if (!deliveries) return deliveries.error();
    found.deliveries = *std::move(deliveries);
    if (found.side.deliveries.empty() && std::ranges::any_of(found.side.events, is_told)) {
        auto names = names_on_route(found.side.ticket->route, session);
        if (!names) return names.error();
        found.route_names = *std::move(names);
    }
    if (found.side.deliveries.empty() && past.verdict && past.verdict->quieted_by) {
        auto covered = covered_by(*past.verdict->quieted_by, session);
        if (!covered) return covered.error();
        found.covered = *std::move(covered);
    }
    found.past = std::move(past);
    return found;
}

/// Null where somebody was told.
json nobody_told_json(const Evidence& found, const ActedRules& acted)
{
    if (!found.side.deliveries.empty()) return nullptr;
    auto why = why_nobody_was_told(found.past, found.side, acted);
    if (why.code == "no_contacts") {
        const auto rule = has_action(acted, "route") ? culprit(acted, "route") : std::string();
        why.detail = why_nobody_is_reached(found.side.ticket->route, found.route_names, rule);
    }
    return {{"code", why.code}, {"detail", found.covered.empty() ? why.detail : found.covered}};
}

json explanation(const Evidence& found)
{
    const auto& [past, rules, then, side, deliveries, route_names, covered] = found;
    auto acted = acted_rules(past, then, rules);
    auto nobody_told = nobody_told_json(found, acted);
    auto today = rules_today(past, rules);
    auto events = json::array();
    for (const auto& event : side.events) events.push_back(timeline_json(event));
    const auto& verdict = past.verdict;
    return json{{"id", past.id.str()},
                {"received_at", format_rfc3339(past.alert.received_at)},
                {"integration_id", past.alert.integration_id.str()},
                {"integration", past.alert.integration},
                {"alert", received_json(past.alert)},
                {"alert_after_rules", acted.after ? received_json(*acted.after) : json(nullptr)},
                {"disposition", disposition_word(past)},
                {"effect", verdict ? json(to_string(verdict->effect)) : json(nullptr)},
                {"dedup_key", verdict ? json(folded_dedup_key(past)) : json(nullptr)},
                {"ticket", ticket_summary(side.ticket)},
                {"ticket_events", std::move(events)},
                {"matched_rules", std::move(acted.lines)},
                {"matched_rules_left_out", verdict ? verdict->more_matches : 0},
                {"quieted_by", quieted_by_json(past)},
                {"held_by", held_by_json(past)},
                {"over_budget", over_budget_json(past)},
                {"rules", std::move(today.lines)},
                {"rules_left_out", today.left_out},
                {"near_misses", std::move(today.near_misses)},
                {"deliveries", deliveries},
                {"nobody_told", std::move(nobody_told)}};
}

}  // namespace

Result<Answer> explain(PastAlert past, ports::TenantSession& session)
{
    auto found = gather(std::move(past), session);
    if (!found) return found.error();
    return Compute([found = *std::move(found)](const Call&) -> Result<http::Response> {
        return json_response(200, explanation(found));
    });
}

}  // namespace winnow::api
