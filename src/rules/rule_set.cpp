#include "winnow/rules/rule_set.hpp"

#include "rules/action.hpp"
#include "rules/ordered_rules.hpp"
#include "winnow/expr/check.hpp"
#include "winnow/expr/condition.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

namespace winnow::rules {

namespace {

/// Shadow rules cost no live rule anything, and an alert not much.
constexpr std::size_t kShadowSteps = domain::AlertBudget::kSteps / 4;

/// Rules found by an index.
class IndexedRules final : public OrderedRules {
public:
    IndexedRules(std::vector<PlacedRule> rules, std::vector<Evaluation::Failure> broken)
        : OrderedRules(std::move(rules), std::move(broken)), index_(make_index(&PlacedRule::live))
    {
        if (has_shadows()) shadows_.emplace(make_index(&PlacedRule::shadow));
    }

    [[nodiscard]] Evaluation evaluate(domain::Alert& alert, Timestamp now) const override
    {
        // A thread's memory for matching, whichever tenant's turn it is.
        static thread_local Finder live;
        static thread_local Finder shadow;
        return run(
            alert,
            [&](std::uint32_t from) -> auto& {
                return live.find(index_, from, alert, now, domain::AlertBudget::kSteps);
            },
            [&](std::uint32_t from) -> auto& { return shadow.find(*shadows_, from, alert, now, kShadowSteps); });
    }

    [[nodiscard]] std::size_t index_bytes() const noexcept override
    {
        return index_.bytes() + (shadows_ ? shadows_->bytes() : 0);
    }

private:
    struct Finder {
        const index::Search& find(const index::Index& index, std::uint32_t from, const domain::Alert& alert,
                                  Timestamp now, std::size_t steps)
        {
            if (from == 0) {
                event.start(index.program(), alert, now, steps);
            } else {
                event.refresh();
            }
            index.find(event, from, search);
            return search;
        }
        index::Event event;
        index::Search search;
    };

    /// Of the rules of one mode: what shadow rules cost is no live rule's concern.
    [[nodiscard]] index::Index make_index(bool PlacedRule::* mode) const
    {
        std::vector<const index::NormalForm*> forms;
        std::vector<index::RuleTraits> traits;
        forms.reserve(rules().size());
        traits.reserve(rules().size());
        for (const auto& placed : rules()) {
            forms.push_back(placed.*mode ? &placed.rule->form : nullptr);
            traits.push_back({.from = placed.from,
                              .until = placed.until,
                              .schedule = placed.schedule.get(),
                              .ends_search = placed.ends_search()});
        }
        return {forms, std::move(traits)};
    }

    index::Index index_;
    std::optional<index::Index> shadows_;  ///< Where there are any.
};

/// Rules asked one after the other.
class PlainRules final : public OrderedRules {
public:
    PlainRules(std::vector<PlacedRule> rules, std::vector<Evaluation::Failure> broken)
        : OrderedRules(std::move(rules), std::move(broken))
    {
        for (const auto& placed : this->rules()) {
            const auto& source = placed.rule->source;
            conditions_.push_back(*expr::compile_condition(source.condition, source.syntax));
        }
    }

    [[nodiscard]] Evaluation evaluate(domain::Alert& alert, Timestamp now) const override
    {
        index::Search live;
        index::Search shadow;
        return run(
            alert, [&](std::uint32_t from) -> auto& { return find(alert, now, from, &PlacedRule::live, live); },
            [&](std::uint32_t from) -> auto& { return find(alert, now, from, &PlacedRule::shadow, shadow); });
    }

    [[nodiscard]] std::size_t index_bytes() const noexcept override { return 0; }

private:
    const index::Search& find(const domain::Alert& alert, Timestamp now, std::uint32_t from, bool PlacedRule::* mode,
                              index::Search& search) const
    {
        search.rules.clear();
        search.limit = index::kNone;
        const auto names = expr::names_of(alert, now);
        for (auto number = from; number < conditions_.size(); ++number) {
            if (!(rules()[number].*mode) || !rules()[number].is_due(now)) continue;
            expr::Budget budget;
            if (!conditions_[number].evaluate(names, budget).is_true()) continue;
            search.rules.push_back(number);
            if (!rules()[number].ends_search()) continue;
            search.limit = number;
            break;
        }
        return search;
    }

    std::vector<expr::Expression> conditions_;
};

/// Compiled rules to use again, by id.
class Cache {
public:
    explicit Cache(const RuleSet* previous) : rules_(dynamic_cast<const OrderedRules*>(previous)) {}

    /// Null where the rule has to be compiled. Most often the rules come in the order in which they stand.
    std::shared_ptr<const CompiledRule> find(const domain::Rule& rule)
    {
        if (rules_ == nullptr) return nullptr;
        const auto& known = rules_->rules();
        if (next_ >= known.size() || known[next_].rule->source.id != rule.id) next_ = place_of(rule.id);
        if (next_ >= known.size()) return nullptr;
        const auto& found = known[next_++].rule;
        return found->is_made_of(rule) ? found : nullptr;
    }

private:
    std::size_t place_of(const RuleId& id)
    {
        const auto& known = rules_->rules();
        if (places_.empty()) {
            for (std::size_t i = 0; i < known.size(); ++i) places_.emplace(known[i].rule->source.id, i);
        }
        const auto found = places_.find(id);
        return found == places_.end() ? known.size() : found->second;
    }

    const OrderedRules* rules_;
    std::size_t next_ = 0;
    std::unordered_map<RuleId, std::size_t> places_;
};

template <typename Rules>
std::shared_ptr<const RuleSet> compile_as(const std::vector<domain::Rule>& rules, const RuleSet* previous,
                                          const std::function<bool()>& given_up)
{
    std::vector<PlacedRule> placed;
    std::vector<Evaluation::Failure> broken;
    placed.reserve(rules.size());
    Cache cache(previous);
    for (const auto& rule : rules) {
        if (given_up && given_up()) return nullptr;
        auto compiled = cache.find(rule);
        if (compiled == nullptr) {
            auto made = compile_rule(rule);
            if (!made) {
                broken.push_back({rule.id, made.error().message()});
                continue;
            }
            compiled = *std::move(made);
        }
        placed.push_back(place(rule, std::move(compiled)));
    }
    return std::make_shared<const Rules>(std::move(placed), std::move(broken));
}

}  // namespace

std::shared_ptr<const RuleSet> RuleSet::compile(const std::vector<domain::Rule>& rules, const RuleSet* previous,
                                                const std::function<bool()>& given_up)
{
    return compile_as<IndexedRules>(rules, previous, given_up);
}

std::shared_ptr<const RuleSet> RuleSet::compile_plain(const std::vector<domain::Rule>& rules)
{
    return compile_as<PlainRules>(rules, nullptr, {});
}

Result<Done> check(const domain::Rule& rule)
{
    const auto compiled = compile_rule(rule);
    auto errors = compiled ? std::vector<FieldError>() : compiled.error().fields();
    if (const auto checked = expr::check_condition(rule.condition, rule.syntax); !checked) {
        auto at = std::ranges::find(errors, "/condition", &FieldError::pointer);
        if (at == errors.end()) at = errors.insert(errors.begin(), FieldError{.pointer = "/condition", .detail = {}});
        at->detail = checked.error().message();
    }
    for (std::size_t i = 0; compiled && i < rule.actions.size(); ++i) {
        auto wrong = too_large(rule.actions[i]);
        if (!wrong) continue;
        wrong->pointer = "/actions/" + std::to_string(i) + wrong->pointer;
        errors.push_back(*std::move(wrong));
    }
    if (!errors.empty()) return Error(std::move(errors));
    return Done{};
}

}  // namespace winnow::rules
