#include "winnow/rules/rule_set.hpp"

#include "rules/compiled_rule.hpp"

#include <algorithm>
#include <utility>

namespace winnow::rules {

namespace {

/// A plain loop over the rules in position order.
class OrderedRules final : public RuleSet {
public:
    OrderedRules(std::vector<CompiledRule> rules, std::vector<Evaluation::Failure> broken)
        : rules_(std::move(rules)), broken_(std::move(broken))
    {
        std::ranges::stable_sort(rules_, {}, [](const CompiledRule& rule) { return rule.source.position; });
    }

    [[nodiscard]] Evaluation evaluate(domain::Alert& alert, Timestamp now) const override
    {
        Evaluation evaluation;
        for (const auto& rule : rules_) {
            if (!rule.applies(now) || !expr::matches_all(rule.condition, alert)) continue;
            evaluation.matches.push_back({rule.source.id, rule.source.version});
            rule.act(alert, evaluation);
            if (evaluation.dropped || rule.source.stop) break;
        }
        return evaluation;
    }

    [[nodiscard]] std::vector<TraceEntry> trace(domain::Alert alert, Timestamp now) const override
    {
        std::vector<TraceEntry> entries;
        Evaluation evaluation;
        bool ended = false;
        for (const auto& rule : rules_) {
            entries.push_back(trace_rule(rule, ended, alert, now));
            auto& entry = entries.back();
            if (!entry.matched) continue;
            const auto failures = evaluation.failures.size();
            rule.act(alert, evaluation);
            for (auto i = failures; i < evaluation.failures.size(); ++i) {
                entry.error += (entry.error.empty() ? "" : "; ") + evaluation.failures[i].error;
            }
            entry.stopped_here = ended = evaluation.dropped || rule.source.stop;
        }
        return entries;
    }

    [[nodiscard]] const std::vector<Evaluation::Failure>& broken() const noexcept override { return broken_; }
    [[nodiscard]] std::size_t size() const noexcept override { return rules_.size(); }

private:
    static TraceEntry trace_rule(const CompiledRule& rule, bool ended, const domain::Alert& alert, Timestamp now)
    {
        TraceEntry entry;
        entry.rule_id = rule.source.id;
        entry.rule_name = rule.source.name;
        entry.version = rule.source.version;
        if (ended) return entry;
        entry.considered = rule.applies(now);
        entry.matched = entry.considered;
        for (const auto& matcher : rule.condition) {
            entry.leaves.push_back({matcher.str(), matcher.value_in(alert), matcher.matches(alert)});
            entry.matched = entry.matched && entry.leaves.back().matched;
        }
        return entry;
    }

    std::vector<CompiledRule> rules_;
    std::vector<Evaluation::Failure> broken_;
};

}  // namespace

std::shared_ptr<const RuleSet> RuleSet::compile(const std::vector<domain::Rule>& rules)
{
    std::vector<CompiledRule> compiled;
    std::vector<Evaluation::Failure> broken;
    for (const auto& rule : rules) {
        auto ready = compile_rule(rule);
        if (ready) {
            compiled.push_back(std::move(*ready));
        } else {
            broken.push_back({rule.id, ready.error().message()});
        }
    }
    return std::make_shared<const OrderedRules>(std::move(compiled), std::move(broken));
}

Result<Done> check(const domain::Rule& rule)
{
    const auto compiled = compile_rule(rule);
    if (!compiled) return compiled.error();
    return Done{};
}

}  // namespace winnow::rules
