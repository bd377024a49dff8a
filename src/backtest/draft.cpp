#include "winnow/backtest/draft.hpp"

#include "winnow/forms/rule_form.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace winnow::backtest {

namespace {

using domain::Rule;
using domain::RuleDraft;

/// Whether they judge every alert alike, and would say the same of it.
bool says_the_same(const Rule& a, const Rule& b)
{
    return std::ranges::all_of(forms::rule_fields(), [&](const forms::RuleField& field) {
        return field.part != forms::RulePart::effect || forms::agree(a, b, field.member);
    });
}

/// As a version of the live rule.
Rule version_of(Rule rule, const Rule& live)
{
    rule.id = live.id;
    rule.version = says_the_same(rule, live) ? live.version : live.version + 1;
    return rule;
}

Rule made_new(Rule rule, std::size_t count)
{
    rule.id = RuleId(Uuid::from_words(0, count));  // of no version that a database would make
    rule.version = 1;
    return rule;
}

void renumber(std::vector<Rule>& rules)
{
    std::int32_t position = 0;
    for (auto& rule : rules) rule.position = ++position;
}

Rule dated(Rule rule, Timestamp from, Timestamp until)
{
    const bool touches = (!rule.effective_from || *rule.effective_from < until) &&
                         (!rule.effective_until || *rule.effective_until > from);
    if (touches) return rule;
    rule.effective_from.reset();
    rule.effective_until.reset();
    return rule;
}

std::vector<Rule> with(Rule rule, std::vector<Rule> rules)
{
    auto place = rule.position > 0 ? rule.position : std::numeric_limits<std::int32_t>::max();
    const auto known = std::ranges::find(rules, rule.id, &Rule::id);
    if (known != rules.end()) {
        if (rule.position <= 0) place = known->position;
        rule = version_of(std::move(rule), *known);
        rules.erase(known);
    } else {
        rule = made_new(std::move(rule), 1);
    }
    const auto at = std::ranges::lower_bound(rules, place, {}, &Rule::position);
    rules.insert(at, std::move(rule));
    return rules;
}

/// Finds each live rule once.
class LiveRules {
public:
    explicit LiveRules(const std::vector<Rule>& rules)
    {
        for (const auto& rule : rules) {
            by_id_.emplace(rule.id, &rule);
            by_name_.emplace(rule.name, &rule);
        }
    }

    const Rule* take_by_id(RuleId id)
    {
        const auto found = by_id_.find(id);
        if (found == by_id_.end() || !taken_.insert(id).second) return nullptr;
        return found->second;
    }

    const Rule* take_by_name(std::string_view name)
    {
        for (auto [it, end] = by_name_.equal_range(name); it != end; ++it) {
            if (taken_.insert(it->second->id).second) return it->second;
        }
        return nullptr;
    }

private:
    std::unordered_map<RuleId, const Rule*> by_id_;
    std::multimap<std::string_view, const Rule*> by_name_;  // equal ones in the order in which they came
    std::unordered_set<RuleId> taken_;
};

std::vector<Rule> identified(const std::vector<Rule>& rules, const std::vector<Rule>& live)
{
    LiveRules known(live);
    std::vector<std::optional<Rule>> found(rules.size());
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (const auto* rule = known.take_by_id(rules[i].id)) found[i] = version_of(rules[i], *rule);
    }
    std::vector<Rule> set;
    set.reserve(rules.size());
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const auto* rule = found[i] ? nullptr : known.take_by_name(rules[i].name);
        if (rule != nullptr) found[i] = version_of(rules[i], *rule);
        set.push_back(found[i] ? *std::move(found[i]) : made_new(rules[i], i + 1));
    }
    return set;
}

}  // namespace

std::vector<Rule> drafted_rules(const RuleDraft& draft, const std::vector<Rule>& live, Timestamp from, Timestamp until)
{
    std::vector<Rule> rules;
    if (draft.whole_set) {
        rules = identified(draft.rules, live);
    } else if (!draft.rules.empty()) {
        rules = with(dated(draft.rules.front(), from, until), live);
    } else {
        rules = live;
    }
    renumber(rules);
    return rules;
}

}  // namespace winnow::backtest
