#include "pipeline/overruns/overruns.hpp"

#include "winnow/base/text.hpp"
#include "winnow/domain/cost_ladder.hpp"
#include "winnow/domain/one_line.hpp"
#include "winnow/routing/plan.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::pipeline {

namespace {

using domain::CostState;
using domain::Judge;
using domain::JudgeCost;
using domain::JudgeKind;
using triage::Evaluated;

constexpr std::size_t kMostNameBytes = 200;

template <typename Things, typename Name>
bool find(const Things& things, Name name, Overrunning& found)
{
    const auto at = std::ranges::find(things, found.judge.id, [](const auto& thing) { return thing.id.value(); });
    if (at == things.end()) return false;
    found.version = at->version;
    found.name = std::string(truncate_utf8(domain::one_line((*at).*name), kMostNameBytes));
    return true;
}

bool find(const domain::TenantConfig& config, Overrunning& found)
{
    switch (found.judge.kind) {
        case JudgeKind::rule: return find(config.rules, &domain::Rule::name, found);
        case JudgeKind::silence: return find(config.silences, &domain::Silence::comment, found);
        case JudgeKind::maintenance_window: return find(config.windows, &domain::MaintenanceWindow::name, found);
        case JudgeKind::inhibition: return find(config.inhibitions, &domain::Inhibition::name, found);
    }
    return false;
}

bool counts(const domain::AlertBudget& budget)
{
    return budget.over && budget.dearest && (budget.deadline.has_passed() || budget.most >= kLeastDear);
}

std::vector<Overrunning> all_overrunning(const std::vector<Evaluated>& alerts, const domain::TenantConfig& config)
{
    std::vector<Overrunning> all;
    for (const auto& alert : alerts) {
        const auto& budget = alert.evaluation.budget;
        if (!counts(budget)) continue;
        auto at = std::ranges::find(all, *budget.dearest, &Overrunning::judge);
        if (at == all.end()) {
            Overrunning found;
            found.judge = *budget.dearest;
            if (all.size() == kMostOverrunning || !find(config, found)) continue;
            at = all.insert(all.end(), std::move(found));
        }
        at->costs.push_back(budget.cost());
        at->last = alert.position;
        at->last_alert = alert.alert_id();
        at->names = alert.names;
    }
    return all;
}

std::string_view kind_of(const Judge& judge)
{
    return judge.kind == JudgeKind::maintenance_window ? "maintenance window" : to_string(judge.kind);
}

std::string key_of(const Judge& judge)
{
    return "winnow:set-aside:" + std::string(to_string(judge.kind)) + ":" + judge.id.str();
}

std::string milliseconds(std::chrono::nanoseconds time)
{
    return std::to_string(std::chrono::ceil<std::chrono::milliseconds>(time).count()) + " ms";
}

std::string what_it_does_not(JudgeKind kind)
{
    return kind == JudgeKind::rule ? "it does nothing to any alert" : "it keeps nothing quiet";
}

/// What is told, as an alert that no rule sees. `place` counts those of the batch.
Evaluated notice_of(const Overrunning& about, const domain::CostRecord& record, std::uint16_t place)
{
    Evaluated notice{.position = about.last, .alert = {}};
    notice.names = about.names;
    notice.ticket_index = static_cast<std::uint16_t>(domain::kMaxIndex - place);
    const std::string kind(kind_of(about.judge));
    const auto until = record.for_good ? std::string("somebody changes it") : format_rfc3339(*record.until);
    auto& alert = notice.alert;
    alert.title = "The " + kind + " \"" + about.name + "\" costs too much and is set aside until " + until;
    alert.description =
        "Of what judges alerts, the " + kind + " " + about.judge.id.str() + " (\"" + about.name +
        "\") was the dearest of " + std::to_string(record.overruns) +
        " alerts that could not be judged wholly, because judging them cost more than one alert may. It took " +
        milliseconds(record.sum / std::max<std::int64_t>(1, record.overruns)) + " of them on average, " +
        milliseconds(record.most) + " at most. Until " + until +
        " it is not asked: " + what_it_does_not(about.judge.kind) + ", and everything else goes on as usual. " +
        (record.for_good ? "It is the third time within a day. " : "") +
        "Change it so that it asks for less; what a condition costs is told in docs/conditions.md. Once it is changed "
        "it is asked again at once. The latest such alert was " +
        about.last_alert.str() + ".";
    alert.source = "winnow";
    alert.dedup_key = key_of(about.judge);
    alert.received_at = about.last.row.received_at;
    alert.severity = record.for_good ? domain::Severity::error : domain::Severity::warning;
    return notice;
}

}  // namespace

ports::TriageWrites CostSequel::decide(triage::States states, const std::vector<JudgeCost>& known, Timestamp now) const
{
    ports::TriageWrites writes;
    std::vector<Evaluated> notices;
    for (const auto& each : overrunning) {
        JudgeCost cost{.judge = each.judge, .version = each.version, .record = {}, .last_alert = each.last_alert};
        const auto before = std::ranges::find(known, each.judge, &JudgeCost::judge);
        if (before != known.end() && before->version > each.version) continue;  // it was changed meanwhile
        if (before != known.end() && before->version == each.version) cost.record = before->record;
        if (is_set_aside(state_of(cost.record, now))) continue;  // whoever judged did not know yet
        for (const auto& took : each.costs) {
            cost.record = after_overrun(std::move(cost.record), {.at = now, .cost = took});
        }
        if (is_set_aside(state_of(cost.record, now))) {
            notices.push_back(notice_of(each, cost.record, static_cast<std::uint16_t>(notices.size())));
        }
        writes.costs.push_back(std::move(cost));
    }
    writes.set_aside = notices.size();
    writes.outcome.next_number = states.next_number;
    if (notices.empty()) return writes;
    std::ranges::sort(notices, {}, &Evaluated::position);
    writes.outcome = triage::fold(notices, std::move(states), current->config.settings);
    writes.deliveries = routing::Planner(current->config).plan(writes.outcome.notices);
    return writes;
}

std::shared_ptr<const CostSequel> overruns(const std::vector<Evaluated>& alerts,
                                           const std::shared_ptr<const TenantPolicy>& judged_by,
                                           std::shared_ptr<const TenantPolicy> current)
{
    auto all = all_overrunning(alerts, judged_by->config);
    if (all.empty()) return nullptr;
    auto sequel = std::make_shared<CostSequel>();
    for (const auto& each : all) {
        sequel->judges.push_back(each.judge);
        sequel->keys.dedup_keys.push_back(key_of(each.judge));
    }
    std::ranges::sort(sequel->keys.dedup_keys);
    sequel->overrunning = std::move(all);
    sequel->current = std::move(current);
    return sequel;
}

}  // namespace winnow::pipeline
