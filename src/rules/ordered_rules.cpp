#include "rules/ordered_rules.hpp"

#include "rules/trace.hpp"

#include <algorithm>
#include <utility>

namespace winnow::rules {

PlacedRule place(const domain::Rule& rule, std::shared_ptr<const CompiledRule> compiled)
{
    PlacedRule placed;
    placed.rule = std::move(compiled);
    placed.version = rule.version;
    placed.position = rule.position;
    placed.live = rule.enabled && rule.mode == domain::RuleMode::live;
    placed.shadow = rule.enabled && rule.mode == domain::RuleMode::shadow;
    placed.stop = rule.stop;
    placed.from = rule.effective_from.value_or(Timestamp::min());
    placed.until = rule.effective_until.value_or(Timestamp::max());
    placed.hours = rule.schedule;
    placed.schedule = Schedule::compile(rule.schedule);
    return placed;
}

OrderedRules::OrderedRules(std::vector<PlacedRule> rules, std::vector<Evaluation::Failure> broken)
    : rules_(std::move(rules)), broken_(std::move(broken))
{
    std::ranges::stable_sort(rules_, {}, &PlacedRule::position);
    has_shadows_ = std::ranges::any_of(rules_, &PlacedRule::shadow);
}

void OrderedRules::note_errors(const index::Search& search, std::size_t end,
                               std::vector<Evaluation::Failure>& failures) const
{
    for (const auto& [number, error] : search.errors) {
        if (number >= end) continue;
        failures.push_back({rules_[number].rule->source.id, *error});
    }
}

void OrderedRules::note_cost(const index::Search& search, domain::AlertBudget& budget) const
{
    budget.left = search.steps_left;
    budget.deadline = search.deadline;
    budget.over = budget.over || search.over;
    // Also where the rules are not over: what they have left may be too little for what is asked behind them.
    if (search.dearest == index::kNone || search.most <= budget.most) return;
    budget.note({.kind = domain::JudgeKind::rule, .id = rules_[search.dearest].rule->source.id.value()}, search.most);
}

void OrderedRules::note_shadows(const index::Search& search, std::uint32_t end, Evaluation& evaluation) const
{
    for (const auto number : search.rules) {
        if (number >= end) break;
        const auto& rule = *rules_[number].rule;
        evaluation.shadows.push_back({rule.source.id, rule.drops, rule.suppresses});
        evaluation.would_drop = evaluation.would_drop || rule.drops;
        evaluation.would_suppress = evaluation.would_suppress || rule.suppresses;
    }
    note_errors(search, end, evaluation.shadow_failures);
}

bool OrderedRules::act(std::uint32_t number, std::size_t changes, domain::Alert& alert, Evaluation& evaluation) const
{
    const auto& placed = rules_[number];
    const auto& rule = *placed.rule;
    if (rule.changes_alert && changes >= kMaxChanges) {
        evaluation.failures.push_back({rule.source.id, "more than " + std::to_string(kMaxChanges) +
                                                           " rules changed the alert; it goes on as it is"});
        return false;
    }
    evaluation.matches.push_back({rule.source.id, placed.version});
    const auto left = evaluation.text_steps;
    const auto beyond = evaluation.text_overrun;
    rule.act(alert, evaluation);
    // What the texts of its actions took counts for it as its condition does.
    const auto took = left - evaluation.text_steps + evaluation.text_overrun - beyond;
    auto& budget = evaluation.budget;
    budget.note({.kind = domain::JudgeKind::rule, .id = rule.source.id.value()}, took);
    budget.over = budget.over || evaluation.text_steps == 0;
    return !evaluation.dropped && !placed.stop;
}

std::vector<TraceEntry> OrderedRules::trace(domain::Alert alert, Timestamp now) const
{
    std::vector<TraceEntry> entries;
    Evaluation evaluation;
    TraceRoom room;
    bool ended = false;
    std::size_t changes = 0;
    for (std::uint32_t number = 0; number < rules_.size(); ++number) {
        entries.push_back(trace_rule(rules_[number], ended, alert, now, room));
        auto& entry = entries.back();
        if (!entry.matched) continue;
        const auto failures = evaluation.failures.size();
        const bool goes_on = act(number, changes, alert, evaluation);
        for (auto i = failures; i < evaluation.failures.size(); ++i) {
            entry.error += (entry.error.empty() ? "" : "; ") + evaluation.failures[i].error;
        }
        entry.stopped_here = ended = !goes_on;
        if (rules_[number].rule->changes_alert) ++changes;
    }
    return entries;
}

std::vector<NearMiss> OrderedRules::near_misses(const domain::Alert& alert, Timestamp now, std::size_t count) const
{
    std::vector<NearMiss> nearest;
    TraceRoom room;
    for (const auto& placed : rules_) {
        if (room.steps == 0) break;
        if (!placed.applies(now)) continue;
        // What is written of a miss that is not kept takes no room.
        const auto bytes = room.bytes;
        auto miss = near_miss(placed, alert, now, room);
        room.bytes = bytes;
        if (!miss) continue;
        nearest.push_back(*std::move(miss));
        // Keeps the best only: a set has more rules than anybody wants to read about.
        std::ranges::stable_sort(nearest, {}, [](const NearMiss& a) { return a.failing.size(); });
        if (nearest.size() > count) nearest.pop_back();
    }
    return nearest;
}

}  // namespace winnow::rules
