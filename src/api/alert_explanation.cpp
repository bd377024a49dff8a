#include "api/alert_explanation.hpp"

#include "api/alert_json.hpp"
#include "api/ticket_json.hpp"
#include "winnow/ports/delivery_store.hpp"
#include "winnow/ports/inhibition_store.hpp"
#include "winnow/ports/maintenance_store.hpp"
#include "winnow/ports/rule_store.hpp"
#include "winnow/ports/silence_store.hpp"
#include "winnow/ports/ticket_store.hpp"
#include "winnow/rules/rule_set.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace winnow::api {
namespace {

using domain::Disposition;
using domain::TicketEffect;
using domain::TicketEventKind;
using nlohmann::json;

constexpr std::size_t kMaxDeliveries = 500;
constexpr std::size_t kMaxNearMisses = 3;

/// Whether the timeline's line came of this alert: triage writes the alert's id into it.
bool came_of(const domain::TicketEvent& event, const std::string& alert_id)
{
    const auto data = json::parse(event.data, nullptr, /*allow_exceptions=*/false);
    return data.is_object() && data.value("alert_id", "") == alert_id;
}

/// Whether contacts are told of events of this kind.
bool is_told(TicketEventKind kind)
{
    switch (kind) {
        case TicketEventKind::opened:
        case TicketEventKind::reopened:
        case TicketEventKind::severity_changed:
        case TicketEventKind::flapping_started:
        case TicketEventKind::recovered: return true;
        default: return false;
    }
}

json matched_rules_json(const PastAlert& past, const std::vector<domain::Rule>& rules)
{
    auto matched = json::array();
    if (!past.verdict) return matched;
    for (const auto& match : past.verdict->matches) {
        const auto rule = std::ranges::find(rules, match.rule_id, &domain::Rule::id);
        json line{{"rule_id", match.rule_id.str()},
                  {"version", match.version},
                  {"name", nullptr},
                  {"current_version", nullptr}};
        if (rule != rules.end()) {
            line["name"] = rule->name;
            line["current_version"] = rule->version;
        }
        matched.push_back(std::move(line));
    }
    return matched;
}

json leaves_json(const std::vector<rules::TraceLeaf>& list)
{
    auto leaves = json::array();
    for (const auto& leaf : list) {
        leaves.push_back({{"expression", leaf.expression}, {"value", leaf.value}, {"matched", leaf.matched}});
    }
    return leaves;
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
    auto events = session.tickets().events_at(side.ticket->id, past.position.row.received_at);
    if (!events) return events.error();
    const auto alert_id = domain::alert_id_at(past.position).str();
    std::vector<std::int32_t> seqs;
    for (auto& event : *events) {
        if (!came_of(event, alert_id)) continue;
        seqs.push_back(event.seq);
        side.events.push_back(std::move(event));
    }
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

}  // namespace

Reason why_nobody_was_told(const PastAlert& past, const domain::Ticket* ticket, bool told)
{
    if (!past.verdict) return {"pending", "Triage has not reached the alert yet."};
    switch (past.verdict->disposition) {
        case Disposition::dropped: return {"dropped", "A rule dropped the alert: the last one of matched_rules."};
        case Disposition::suppressed: return {"suppressed", "A rule keeps the ticket without telling anybody."};
        case Disposition::silenced: return {"silenced", "A silence or maintenance window covered the alert."};
        case Disposition::inhibited: return {"inhibited", "Another firing alert explains this one."};
        case Disposition::held: return {"held", why_held(*past.verdict, ticket)};
        case Disposition::ignored: return {"ignored", "Nothing was open that the alert could have changed."};
        case Disposition::ticketed:
        case Disposition::resolved: break;
    }
    if (ticket != nullptr && ticket->suppressed) {
        return {"suppressed", "A rule keeps the ticket without telling anybody."};
    }
    if (told) return {"no_contacts", "Neither a matching rule nor the default route led to an enabled contact."};
    switch (past.verdict->effect) {
        case TicketEffect::refreshed:
            return {"refreshed", "The sender repeated what the ticket knew; it counts as no new occurrence."};
        case TicketEffect::joined:
            return {"joined_without_news", "The alert joined a ticket that its contacts had been told of."};
        case TicketEffect::acknowledged: return {"acknowledged", "Somebody is at work on it; nobody need be told."};
        default: return {"no_news", "The alert changed nothing that contacts are told of."};
    }
}

/// `The silence "switch upgrade" covered the alert.`; `otherwise` where it is gone.
Result<std::string> covered_by(const domain::QuietCause& cause, ports::TenantSession& session, std::string otherwise)
{
    const auto said = [&](const Error& error) -> Result<std::string> {
        if (error.code() == ErrorCode::not_found) return otherwise;
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
    return otherwise;
}

/// Which rules would have matched with the fewest tests otherwise; where one matched, nobody asks.
json near_misses_json(const PastAlert& past, const rules::RuleSet& rules)
{
    auto list = json::array();
    if (!past.verdict || !past.verdict->matches.empty()) return list;
    for (const auto& miss : rules.near_misses(past.alert, past.position.row.received_at, kMaxNearMisses)) {
        list.push_back({{"rule_id", miss.rule_id.str()},
                        {"name", miss.rule_name},
                        {"version", miss.version},
                        {"failing", leaves_json(miss.failing)}});
    }
    return list;
}

json rules_trace_json(const PastAlert& past, const rules::RuleSet& rules)
{
    auto trace = json::array();
    for (const auto& entry : rules.trace(past.alert, past.position.row.received_at)) {
        const domain::RuleMatch same{.rule_id = entry.rule_id, .version = entry.version};
        const bool acted =
            past.verdict && std::ranges::find(past.verdict->matches, same) != past.verdict->matches.end();
        trace.push_back({{"rule_id", entry.rule_id.str()},
                         {"name", entry.rule_name},
                         {"version", entry.version},
                         {"acted", acted},
                         {"considered", entry.considered},
                         {"matched", entry.matched},
                         {"stopped_here", entry.stopped_here},
                         {"error", entry.error.empty() ? json(nullptr) : json(entry.error)},
                         {"leaves", leaves_json(entry.leaves)}});
    }
    return trace;
}

Result<json> explain(const PastAlert& past, ports::TenantSession& session)
{
    const auto rules = session.rules().all();
    if (!rules) return rules.error();
    const auto compiled = rules::RuleSet::compile(*rules);
    const auto side = ticket_side(past, session);
    if (!side) return side.error();

    auto events = json::array();
    for (const auto& event : side->events) events.push_back(timeline_json(event));
    auto deliveries = json::array();
    for (const auto& delivery : side->deliveries) deliveries.push_back(delivery_json(delivery));
    json nobody_told = nullptr;
    if (deliveries.empty()) {
        const bool told = std::ranges::any_of(side->events, is_told, &domain::TicketEvent::kind);
        const auto why = why_nobody_was_told(past, side->ticket ? &*side->ticket : nullptr, told);
        Result<std::string> detail = std::string(why.detail);
        if (past.verdict && past.verdict->quieted_by) {
            detail = covered_by(*past.verdict->quieted_by, session, *std::move(detail));
            if (!detail) return detail.error();
        }
        nobody_told = {{"code", why.code}, {"detail", *detail}};
    }
    const auto& verdict = past.verdict;
    return json{{"id", domain::alert_id_at(past.position).str()},
                {"received_at", format_rfc3339(past.alert.received_at)},
                {"integration_id", past.alert.integration_id.str()},
                {"integration", past.alert.integration},
                {"alert", received_json(past.alert)},
                {"disposition", disposition_word(past)},
                {"effect", verdict ? json(to_string(verdict->effect)) : json(nullptr)},
                {"dedup_key", verdict ? json(folded_dedup_key(past)) : json(nullptr)},
                {"ticket", ticket_summary(side->ticket)},
                {"ticket_events", std::move(events)},
                {"matched_rules", matched_rules_json(past, *rules)},
                {"quieted_by", quieted_by_json(past)},
                {"held_by", held_by_json(past)},
                {"rules", rules_trace_json(past, *compiled)},
                {"near_misses", near_misses_json(past, *compiled)},
                {"deliveries", std::move(deliveries)},
                {"nobody_told", std::move(nobody_told)}};
}

}  // namespace winnow::api
