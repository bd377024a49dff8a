#include "pipeline/keepers/release.hpp"

#include "pipeline/fold/fold_batch.hpp"
#include "winnow/intake/canonical.hpp"
#include "winnow/suppression/inhibition.hpp"
#include "winnow/triage/release.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace winnow::pipeline {

domain::InhibitionSourceKeys release_keys(const TenantPolicy& policy, const std::vector<ports::QuietTicket>& due,
                                          Timestamp now)
{
    suppression::SourceKeys keys(*policy.suppressions);
    for (const auto& quiet : due) {
        if (const auto alert = intake::read_canonical(quiet.alert)) keys.add(*alert, now);
    }
    return std::move(keys).take();
}

ports::TriageWrites decide_release(const TenantPolicy& policy, const ports::DueTickets& due)
{
    const suppression::Inhibitor inhibitor(*policy.suppressions, due.states.sources);
    ports::TriageWrites writes;
    std::vector<triage::Released> released;
    for (const auto& quiet : due.tickets) {
        const auto alert = intake::read_canonical(quiet.alert);
        // What cannot be read any more cannot be covered: better a page too many.
        auto cover = alert ? policy.suppressions->covering(*alert, due.now) : std::nullopt;
        if (alert && !cover) cover = inhibitor.covering(*alert, due.now);
        if (!cover) {
            released.push_back({.ticket_id = quiet.ticket_id, .alert_id = quiet.alert_id});
            continue;
        }
        auto still = quiet;
        still.cover = *std::move(cover);
        still.config_version = policy.config.tenant.config_version;
        writes.quiet_tickets.push_back(std::move(still));
    }
    writes.outcome = triage::release(released, due.states, due.now);
    writes.deliveries = owed(writes.outcome, policy.config);
    return writes;
}

domain::InhibitionSourceKeys release_keys(const TenantPolicy& policy, const ports::DueHolds& due)
{
    suppression::SourceKeys keys(*policy.suppressions);
    for (const auto& [ticket, alert] : due.alerts) keys.add(alert, due.until);
    return std::move(keys).take();
}

ports::TriageWrites decide_release(const TenantPolicy& policy, const ports::DueHolds& due)
{
    const suppression::Inhibitor inhibitor(*policy.suppressions, due.states.sources);
    ports::TriageWrites writes;
    auto states = due.states;
    for (auto& ticket : states.tickets) {
        const auto alert = due.alerts.find(ticket.id);
        if (alert == due.alerts.end()) continue;
        if (ticket.suppressed || ticket.restraint.by != domain::HoldKind::pause) continue;
        auto cover = policy.suppressions->covering(alert->second, due.until);
        if (!cover) cover = inhibitor.covering(alert->second, due.until);
        if (!cover) continue;
        ticket.suppressed = true;
        ticket.suppression_reason = cover->reason;
        writes.quiet_tickets.push_back({.ticket_id = ticket.id,
                                        .alert_id = domain::opener_of(ticket.id),
                                        .alert = {},
                                        .cover = *std::move(cover),
                                        .config_version = policy.config.tenant.config_version});
        intake::append_canonical(alert->second, writes.quiet_tickets.back().alert);
    }
    std::ranges::sort(writes.quiet_tickets, {}, &ports::QuietTicket::ticket_id);
    writes.outcome = triage::pass_time(std::move(states), due.until);
    writes.deliveries = owed(writes.outcome, policy.config);
    return writes;
}

}  // namespace winnow::pipeline
