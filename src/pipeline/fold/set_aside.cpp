#include "pipeline/fold/set_aside.hpp"

#include "pipeline/noise/noise.hpp"
#include "winnow/journal/codec.hpp"
#include "winnow/routing/plan.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <ranges>
#include <string>
#include <utility>

namespace winnow::pipeline {

namespace {

/// What the row's alerts count as: where they were not even read, as many that say nothing of themselves.
std::vector<triage::Evaluated> set_aside_alerts(const FoldBatch& batch)
{
    auto alerts = batch.alerts;
    const auto& row = batch.rows.front().position;
    while (alerts.size() < batch.quarantined) {
        const auto index = alerts.empty() ? 0 : alerts.back().position.index + 1;
        alerts.push_back({.position = {.row = row, .index = static_cast<std::uint16_t>(index)}, .alert = {}});
        alerts.back().alert.received_at = row.received_at;
    }
    return alerts;
}

std::vector<domain::Verdict> set_aside_verdicts(std::size_t alerts, domain::Verdict verdict)
{
    verdict.disposition = domain::Disposition::quarantined;
    verdict.dedup_key.clear();
    std::vector<domain::Verdict> verdicts(alerts, verdict);
    if (verdict.effect == domain::TicketEffect::opened) {
        for (auto& each : verdicts | std::views::drop(1)) each.effect = domain::TicketEffect::joined;
    }
    return verdicts;
}

/// By index. Only who reads a row knows where it has gaps, so where not all of it was read each index that a row may
/// have gets one: none of its alerts is pending for ever, and a verdict that has no alert means nothing.
std::string encoded(const FoldBatch& batch, const std::vector<domain::Verdict>& verdicts)
{
    const auto& alerts = batch.alerts;
    const std::size_t end = alerts.empty() ? 0 : alerts.back().position.index + std::size_t{1};
    std::vector<std::optional<domain::Verdict>> at_index(end);
    if (alerts.size() < verdicts.size()) {
        const bool is_long = std::max(end, verdicts.size()) > domain::kRowAlerts;  // an earlier version's
        at_index.assign(is_long ? domain::kMaxIndex + std::size_t{1} : domain::kRowAlerts, verdicts.back());
        at_index.front() = verdicts.front();
    } else {
        for (std::size_t i = 0; i < alerts.size(); ++i) at_index[alerts[i].position.index] = verdicts[i];
    }
    return journal::encode_verdicts(at_index);
}

}  // namespace

std::vector<triage::Evaluated> set_aside_notice(const FoldBatch& batch)
{
    const auto& row = batch.rows.front().position;
    const auto count = batch.quarantined;
    triage::Evaluated notice{.position = {.row = row, .index = 0}, .alert = {}};
    if (!batch.alerts.empty()) notice.position = batch.alerts.front().position;
    notice.names = batch.policy->ids.row(row);
    auto& alert = notice.alert;
    alert.title =
        count == 1 ? "1 alert could not be processed" : std::to_string(count) + " alerts could not be processed";
    alert.description =
        "Judging them ended processes of the service, so they were set aside: no rule, silence or window was applied "
        "to them, and they are in no other ticket. They were received at " +
        format_rfc3339(row.received_at) + " and can be read among the alerts, with the disposition \"quarantined\", " +
        "the first one as " + notice.alert_id().str() +
        ". Look at them yourself, and tell the operator of this service.";
    alert.source = "winnow";
    alert.dedup_key = "winnow:quarantined";
    alert.received_at = row.received_at;
    alert.severity = domain::Severity::critical;
    if (!batch.alerts.empty()) {
        const auto severity = [](const triage::Evaluated& each) {
            return each.alert.severity;
        };
        alert.severity = std::ranges::max_element(batch.alerts, {}, severity)->alert.severity;
    }
    std::vector<triage::Evaluated> notices;
    notices.push_back(std::move(notice));
    return notices;
}

Decision set_aside(const FoldBatch& batch, triage::States states)
{
    Decision decision;
    auto& writes = decision.writes;
    const auto& config = batch.current->config;
    writes.outcome = triage::fold(set_aside_notice(batch), std::move(states), config.settings);
    routing::Planner planner(config);
    for (const auto& notice : writes.outcome.notices) {
        decision.deliveries += planner.recipients(notice).size();
    }
    writes.deliveries = planner.plan(writes.outcome.notices);
    const auto& row = batch.rows.front().position;
    writes.quarantined.emplace_back(row, batch.quarantined);
    const auto alerts = set_aside_alerts(batch);
    writes.outcome.verdicts = set_aside_verdicts(alerts.size(), std::move(writes.outcome.verdicts.front()));
    writes.verdict_rows.emplace_back(row, encoded(batch, writes.outcome.verdicts));
    writes.noise = count_noise(alerts, batch.policy->ids, writes.outcome, writes.deliveries);
    return decision;
}

}  // namespace winnow::pipeline
