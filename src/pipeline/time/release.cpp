#include "pipeline/time/release.hpp"

#include "winnow/intake/canonical.hpp"
#include "winnow/routing/plan.hpp"
#include "winnow/suppression/inhibition.hpp"
#include "winnow/triage/release.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace winnow::pipeline {

triage::StateKeys release_keys(const TenantPolicy& policy, const ports::DueTickets& due)
{
    triage::StateKeys keys;
    suppression::SourceKeys sources(*policy.suppressions);
    for (const auto& quiet : due.tickets) {
        keys.tickets.push_back(quiet.ticket_id);
        if (const auto alert = intake::read_canonical(quiet.alert)) sources.add(*alert, due.now);
    }
    keys.sources = std::move(sources).take();
    return keys;
}

ports::TriageWrites decide_release(const TenantPolicy& policy, const ports::DueTickets& due, triage::States states)
{
    const suppression::Inhibitor inhibitor(*policy.suppressions, states.sources);
    ports::TriageWrites writes;
    std::vector<triage::Released> released;
    for (const auto& quiet : due.tickets) {
        const auto turn = triage::quiet_turn(states, quiet.ticket_id);
        (turn == triage::QuietTurn::park ? writes.parked : writes.unquieted).push_back(quiet.ticket_id);
        if (turn != triage::QuietTurn::judge) continue;
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
    writes.outcome = triage::release(released, std::move(states), due.now);
    writes.deliveries = routing::Planner(policy.config).plan(writes.outcome.notices);
    return writes;
}

triage::StateKeys release_keys(const TenantPolicy& policy, const ports::DueHolds& due)
{
    triage::StateKeys keys;
    suppression::SourceKeys sources(*policy.suppressions);
    for (const auto& [ticket, alert] : due.alerts) {
        keys.tickets.push_back(ticket);
        sources.add(alert, due.until);
    }
    std::set<std::string> dedup_keys;
    for (const auto& machine : due.machines) dedup_keys.insert(machine.key.dedup_key);
    keys.dedup_keys.assign(dedup_keys.begin(), dedup_keys.end());
    keys.sources = std::move(sources).take();
    return keys;
}

ports::TriageWrites decide_release(const TenantPolicy& policy, const ports::DueHolds& due, triage::States states)
{
    const suppression::Inhibitor inhibitor(*policy.suppressions, states.sources);
    ports::TriageWrites writes;
    states.machines = due.machines;
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
    writes.deliveries = routing::Planner(policy.config).plan(writes.outcome.notices);
    return writes;
}

triage::StateKeys expiry_keys(const ports::ExpiredInstances& due)
{
    std::set<TicketId> tickets;
    for (const auto& instance : due.instances) tickets.insert(instance.ticket_id);
    triage::StateKeys keys;
    keys.tickets.assign(tickets.begin(), tickets.end());
    return keys;
}

ports::TriageWrites decide_expiry(const TenantPolicy& policy, const ports::ExpiredInstances& due, triage::States states)
{
    ports::TriageWrites writes;
    writes.outcome = triage::expire(due.instances, std::move(states), due.now);
    writes.deliveries = routing::Planner(policy.config).plan(writes.outcome.notices);
    return writes;
}

}  // namespace winnow::pipeline
