#include "pipeline/suppression/covers.hpp"

#include "winnow/intake/canonical.hpp"
#include "winnow/suppression/inhibition.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace winnow::pipeline {

namespace {

using triage::Evaluated;

bool may_be_covered(const Evaluated& evaluated)
{
    return evaluated.alert.status == domain::AlertStatus::firing && !evaluated.evaluation.dropped &&
           !evaluated.evaluation.suppressed;
}

void put(domain::Cover cover, Evaluated& evaluated)
{
    evaluated.evaluation.suppression_reason = cover.reason;  // first: it may throw, and is put again then
    evaluated.cover = std::move(cover);
    evaluated.evaluation.suppressed = true;
}

/// Tickets that stand suppressed when the fold is done. What it did not change is not among them: a covered alert
/// changes its ticket's counters at least.
std::unordered_set<TicketId> suppressed_tickets(const triage::Outcome& outcome)
{
    std::unordered_set<TicketId> suppressed;
    for (const auto& opened : outcome.opened) {
        if (opened.ticket.suppressed && is_live(opened.ticket.state)) suppressed.insert(opened.ticket.id);
    }
    for (const auto& ticket : outcome.changed) {
        if (ticket.suppressed && is_live(ticket.state)) suppressed.insert(ticket.id);
    }
    return suppressed;
}

ports::QuietTicket quiet_ticket(const Evaluated& evaluated, TicketId ticket, std::int64_t config_version)
{
    ports::QuietTicket quiet{.ticket_id = ticket,
                             .alert_id = evaluated.alert_id(),
                             .alert = {},
                             .cover = *evaluated.cover,
                             .config_version = config_version};
    intake::append_canonical(evaluated.alert, quiet.alert);
    return quiet;
}

}  // namespace

void cover(const suppression::Suppressions& suppressions, Evaluated& alert)
{
    if (!may_be_covered(alert)) return;
    auto found = suppressions.covering(alert.alert, alert.alert.received_at, alert.evaluation.budget);
    if (found) put(*std::move(found), alert);
}

void find_sides(const suppression::Suppressions& suppressions, Evaluated& alert)
{
    if (alert.alert.status != domain::AlertStatus::firing) return;
    if (alert.evaluation.dropped || suppressions.inhibitions().empty()) return;
    alert.sides = suppression::sides_of(suppressions, alert.alert, alert.alert.received_at, alert.evaluation.budget);
}

std::vector<domain::InhibitionSource> inhibit(const suppression::Suppressions& suppressions,
                                              std::vector<domain::InhibitionSource> known,
                                              std::vector<Evaluated>& alerts, const std::function<void()>& progress)
{
    suppression::Inhibitor inhibitor(suppressions, std::move(known));
    // What came together is judged together: whether a source fires when all of a row has been heard.
    for (auto row = alerts.begin(); row != alerts.end();) {
        const auto end = std::find_if(row, alerts.end(),
                                      [&](const Evaluated& each) { return each.position.row != row->position.row; });
        for (auto at = row; at != end; ++at) {
            if (!at->evaluation.dropped) inhibitor.learn(at->alert, at->sides);
            if (progress) progress();
        }
        for (auto at = row; at != end; ++at) {
            if (!may_be_covered(*at)) continue;
            auto found = inhibitor.covering(at->alert, at->sides);
            if (found) put(*std::move(found), *at);
            if (progress) progress();
        }
        row = end;
    }
    return std::move(inhibitor).changes();
}

domain::InhibitionSourceKeys source_keys(const suppression::Suppressions& suppressions,
                                         const std::vector<Evaluated>& alerts)
{
    if (suppressions.inhibitions().empty()) return {};
    suppression::SourceKeys keys(suppressions);
    for (const auto& evaluated : alerts) {
        if (!evaluated.evaluation.dropped) keys.add(evaluated.alert, evaluated.sides);
    }
    return std::move(keys).take();
}

void keep_covers(const std::vector<Evaluated>& alerts, std::int64_t config_version, ports::TriageWrites& writes)
{
    const bool any = std::ranges::any_of(alerts, [](const Evaluated& alert) { return alert.cover.has_value(); });
    if (!any) return;
    const auto suppressed = suppressed_tickets(writes.outcome);
    std::unordered_map<Uuid, std::int64_t> counts;
    std::unordered_map<TicketId, std::size_t> latest;  // index of its latest covered alert
    for (std::size_t i = 0; i < alerts.size(); ++i) {
        if (!alerts[i].cover) continue;
        ++counts[alerts[i].cover->cause.id];
        const auto& ticket = writes.outcome.verdicts[i].ticket_id;
        if (ticket && suppressed.contains(*ticket)) latest[*ticket] = i;
    }
    for (const auto& [ticket, i] : latest) {
        writes.quiet_tickets.push_back(quiet_ticket(alerts[i], ticket, config_version));
    }
    std::ranges::sort(writes.quiet_tickets, {}, &ports::QuietTicket::ticket_id);
    writes.covers.assign(counts.begin(), counts.end());
    std::ranges::sort(writes.covers);
}

}  // namespace winnow::pipeline
