#pragma once

/// @file
/// A tenant's rules in position order, and what every way of matching them has in common.

#include "rules/compiled_rule.hpp"
#include "rules/index/index.hpp"
#include "rules/schedule.hpp"
#include "winnow/rules/rule_set.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace winnow::rules {

/// A rule at its place.
struct PlacedRule {
    std::shared_ptr<const CompiledRule> rule;
    std::int64_t version = 0;
    std::int32_t position = 0;
    bool live = false;    ///< Enabled, and no shadow.
    bool shadow = false;  ///< Enabled, and one.
    bool stop = false;
    Timestamp from = Timestamp::min();
    Timestamp until = Timestamp::max();                  ///< Not included.
    std::optional<domain::WeeklySchedule> hours = {};    ///< As it was written, to compare.
    std::shared_ptr<const Schedule> schedule = nullptr;  ///< nullptr: at every hour.

    /// It is its time, whatever its mode.
    [[nodiscard]] bool is_due(Timestamp now) const
    {
        return from <= now && now < until && (schedule == nullptr || schedule->covers(now));
    }
    [[nodiscard]] bool applies(Timestamp now) const { return live && is_due(now); }

    /// What comes after it is not looked at, or sees another alert.
    [[nodiscard]] bool ends_search() const noexcept { return live && (stop || rule->drops || rule->changes_alert); }
};

[[nodiscard]] PlacedRule place(const domain::Rule& rule, std::shared_ptr<const CompiledRule> compiled);

class OrderedRules : public RuleSet {
public:
    OrderedRules(std::vector<PlacedRule> rules, std::vector<Evaluation::Failure> broken);

    [[nodiscard]] std::vector<TraceEntry> trace(domain::Alert alert, Timestamp now) const final;
    [[nodiscard]] std::vector<NearMiss> near_misses(const domain::Alert& alert, Timestamp now,
                                                    std::size_t count) const final;
    [[nodiscard]] const std::vector<Evaluation::Failure>& broken() const noexcept final { return broken_; }
    [[nodiscard]] std::size_t size() const noexcept final { return rules_.size(); }

    [[nodiscard]] const std::vector<PlacedRule>& rules() const noexcept { return rules_; }
    [[nodiscard]] bool has_shadows() const noexcept { return has_shadows_; }

protected:
    /// The evaluation, given `find(from)`: a search for the matching live rules from `from` on, in the alert as it is
    /// by then; and `find_shadows(from)`, the same of shadow rules. After a rule that changes the alert the search is
    /// repeated behind that rule, so that the result is that of asking one rule after the other.
    template <typename Find, typename FindShadows>
    [[nodiscard]] Evaluation run(domain::Alert& alert, Find find, FindShadows find_shadows) const
    {
        Evaluation evaluation;
        std::uint32_t from = 0;
        for (std::size_t changes = 0; from < rules_.size(); ++changes) {
            const index::Search& search = find(from);
            note_errors(search, rules_.size(), evaluation.failures);
            note_cost(search, evaluation.budget);
            if (has_shadows_) note_shadows(find_shadows(from), search.limit, evaluation);
            const bool last_changes = !search.rules.empty() && rules_[search.rules.back()].rule->changes_alert;
            evaluation.matches.reserve(evaluation.matches.size() + search.rules.size());
            for (const auto number : search.rules) {
                if (!act(number, changes, alert, evaluation)) return evaluation;
            }
            if (!last_changes) return evaluation;
            from = search.rules.back() + 1;
        }
        return evaluation;
    }

private:
    /// Of rules before `end`. The searches of one evaluation have no rule in common before their ends, and each names a
    /// rule once, so nothing has to be looked for here, however many have failed.
    void note_errors(const index::Search& search, std::size_t end, std::vector<Evaluation::Failure>& failures) const;
    void note_cost(const index::Search& search, domain::AlertBudget& budget) const;
    void note_shadows(const index::Search& search, std::uint32_t end, Evaluation& evaluation) const;

    /// False where the evaluation ends with the rule.
    bool act(std::uint32_t number, std::size_t changes, domain::Alert& alert, Evaluation& evaluation) const;

    std::vector<PlacedRule> rules_;
    std::vector<Evaluation::Failure> broken_;
    bool has_shadows_ = false;
};

}  // namespace winnow::rules
