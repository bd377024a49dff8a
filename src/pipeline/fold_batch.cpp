#include "pipeline/fold_batch.hpp"

#include "pipeline/covers.hpp"
#include "pipeline/noise.hpp"
#include "winnow/journal/codec.hpp"
#include "winnow/routing/plan.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <unordered_map>

namespace winnow::pipeline {

namespace {

routing::Subject subject_of(const triage::Outcome::Notice& notice)
{
    const auto& ticket = notice.ticket;
    return {.ticket_id = ticket.id,
            .number = ticket.number,
            .state = ticket.state,
            .severity = ticket.severity,
            .title = ticket.title,
            .description = ticket.description,
            .dedup_key = ticket.dedup_key,
            .source = ticket.source,
            .service = ticket.service,
            .occurrences = ticket.occurrences,
            .opened_at = ticket.opened_at,
            .last_seen_at = ticket.last_seen_at,
            .route = ticket.route};
}

/// The verdicts of each row, each at its alert's index.
std::vector<std::pair<domain::RowPosition, std::string>> verdict_rows(const FoldBatch& batch,
                                                                      const std::vector<domain::Verdict>& verdicts)
{
    std::vector<std::pair<domain::RowPosition, std::string>> encoded;
    encoded.reserve(batch.rows.size());
    std::size_t next = 0;
    for (const auto& row : batch.rows) {
        const auto end = next + row.alerts;
        std::vector<std::optional<domain::Verdict>> at_index;
        if (end > next) at_index.resize(batch.alerts[end - 1].position.index + std::size_t{1});
        for (; next < end; ++next) at_index[batch.alerts[next].position.index] = verdicts[next];
        encoded.emplace_back(row.position, journal::encode_verdicts(at_index));
    }
    return encoded;
}

void count_rules(const std::vector<triage::Evaluated>& alerts, ports::TriageWrites& writes)
{
    std::unordered_map<RuleId, std::int64_t> matches;
    for (const auto& alert : alerts) {
        for (const auto& match : alert.evaluation.matches) ++matches[match.rule_id];
        for (const auto& rule : alert.evaluation.shadows) ++matches[rule.rule_id];
        std::ranges::copy(alert.evaluation.failures, std::back_inserter(writes.rule_failures));
        std::ranges::copy(alert.evaluation.shadow_failures, std::back_inserter(writes.rule_failures));
    }
    writes.rule_matches.assign(matches.begin(), matches.end());
    std::ranges::sort(writes.rule_matches);
}

std::vector<domain::Owed> plan(const triage::Outcome& outcome, routing::Planner& planner)
{
    std::vector<domain::Owed> owed;
    for (const auto& notice : outcome.notices) {
        if (planner.recipients(notice.ticket.route).empty()) continue;
        owed.push_back(planner.plan(notice.event, subject_of(notice)));
    }
    return owed;
}

}  // namespace

std::vector<domain::Owed> owed(const triage::Outcome& outcome, const domain::TenantConfig& config)
{
    routing::Planner planner(config);
    return plan(outcome, planner);
}

FoldBatch prepare(std::shared_ptr<const TenantPolicy> policy, std::vector<PendingRow> rows)
{
    FoldBatch batch;
    batch.tenant = rows.front().row.tenant;
    batch.policy = std::move(policy);
    batch.current = batch.policy;
    std::size_t count = 0;
    for (const auto& pending : rows) count += pending.row.alerts.size();
    batch.alerts.reserve(count);
    for (auto& pending : rows) {
        batch.rows.push_back(mark_of(pending));
        for (auto& [index, alert] : pending.row.alerts) {
            batch.alerts.emplace_back(domain::AlertPosition{.row = pending.row.position, .index = index},
                                      std::move(alert));
        }
        pending.row.alerts = {};
    }
    triage::evaluate(*batch.policy->rules, batch.alerts);
    cover(*batch.policy->suppressions, batch.alerts);
    return batch;
}

Decision decide(const FoldBatch& batch, triage::States states, std::size_t most_deliveries)
{
    Decision decision;
    auto& writes = decision.writes;
    if (batch.mode != FoldBatch::Mode::fold) {
        writes.outcome.next_number = states.next_number;
        if (batch.mode == FoldBatch::Mode::skip) return decision;
        writes.outcome.verdicts.resize(batch.alerts.size());  // "ignored" by default
    } else {
        // A fold that is repeated may have to wait for an operator to mend the route that it takes.
        const auto& config = batch.current->config;
        const auto& suppressions = *batch.policy->suppressions;
        const bool inhibits = !suppressions.inhibitions().empty();
        // A copy, because the batch is decided anew where it could not be stored, by other sources perhaps.
        auto inhibited = inhibits ? batch.alerts : std::vector<triage::Evaluated>();
        if (inhibits) writes.sources = inhibit(suppressions, std::move(states.sources), inhibited);
        const auto& alerts = inhibits ? inhibited : batch.alerts;
        writes.outcome = triage::fold(alerts, std::move(states), config.settings);
        routing::Planner planner(config);
        for (const auto& notice : writes.outcome.notices) {
            decision.deliveries += planner.recipients(notice.ticket.route).size();
        }
        if (decision.deliveries > most_deliveries) {
            writes = {};
            writes.declined = true;
            return decision;
        }
        writes.deliveries = plan(writes.outcome, planner);
        count_rules(alerts, writes);
        writes.noise = count_noise(alerts, writes.outcome, writes.deliveries);
        keep_covers(alerts, batch.policy->config.tenant.config_version, writes);
    }
    writes.verdict_rows = verdict_rows(batch, writes.outcome.verdicts);
    return decision;
}

triage::StateKeys keys_of(const FoldBatch& batch)
{
    if (batch.mode != FoldBatch::Mode::fold) return {};
    auto keys = triage::keys_of(batch.alerts);
    keys.sources = source_keys(*batch.policy->suppressions, batch.alerts);
    return keys;
}

std::pair<FoldBatch, FoldBatch> split(FoldBatch batch)
{
    const auto rows = static_cast<std::ptrdiff_t>(batch.rows.size() / 2);
    std::ptrdiff_t alerts = 0;
    for (std::ptrdiff_t i = 0; i < rows; ++i) {
        alerts += static_cast<std::ptrdiff_t>(batch.rows[static_cast<std::size_t>(i)].alerts);
    }
    FoldBatch second;
    second.tenant = batch.tenant;
    second.policy = batch.policy;
    second.current = batch.current;
    second.tried = batch.tried;
    second.rows.assign(batch.rows.begin() + rows, batch.rows.end());
    second.alerts.assign(std::make_move_iterator(batch.alerts.begin() + alerts),
                         std::make_move_iterator(batch.alerts.end()));
    batch.rows.erase(batch.rows.begin() + rows, batch.rows.end());
    batch.alerts.erase(batch.alerts.begin() + alerts, batch.alerts.end());
    batch.failures = batch.timeouts = 0;
    return {std::move(batch), std::move(second)};
}

std::vector<RowMark> drop_through(FoldBatch& batch, std::uint64_t applied)
{
    std::size_t alerts = 0;
    std::size_t rows = 0;
    while (rows < batch.rows.size() && batch.rows[rows].position.seq <= applied) alerts += batch.rows[rows++].alerts;
    std::vector<RowMark> dropped(batch.rows.begin(), batch.rows.begin() + static_cast<std::ptrdiff_t>(rows));
    batch.rows.erase(batch.rows.begin(), batch.rows.begin() + static_cast<std::ptrdiff_t>(rows));
    batch.alerts.erase(batch.alerts.begin(), batch.alerts.begin() + static_cast<std::ptrdiff_t>(alerts));
    return dropped;
}

}  // namespace winnow::pipeline
