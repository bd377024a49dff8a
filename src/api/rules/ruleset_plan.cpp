#include "api/rules/ruleset_plan.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>

namespace winnow::api {
namespace {

using domain::Rule;

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// For each wanted rule the index of the existing one that it is, or kNone.
std::vector<std::size_t> matched(const std::vector<Rule>& existing, const std::vector<RuleInput>& wanted)
{
    std::unordered_map<RuleId, std::size_t> by_id;
    for (std::size_t i = 0; i < existing.size(); ++i) by_id.emplace(existing[i].id, i);
    std::vector<std::size_t> partner(wanted.size(), kNone);
    std::vector<bool> taken(existing.size(), false);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto it = wanted[i].id ? by_id.find(*wanted[i].id) : by_id.end();
        if (it == by_id.end() || taken[it->second]) continue;
        partner[i] = it->second;
        taken[it->second] = true;
    }
    std::unordered_map<std::string, std::deque<std::size_t>> by_name;
    for (std::size_t i = 0; i < existing.size(); ++i) {
        if (!taken[i]) by_name[existing[i].name].push_back(i);
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto it = partner[i] == kNone ? by_name.find(wanted[i].rule.name) : by_name.end();
        if (it == by_name.end() || it->second.empty()) continue;
        partner[i] = it->second.front();
        it->second.pop_front();
    }
    return partner;
}

}  // namespace

std::vector<std::string> differing_fields(const Rule& a, const Rule& b)
{
    std::vector<std::string> names;
    for (const auto& field : forms::rule_fields()) {
        if (field.is_content() && !forms::agree(a, b, field.member)) names.emplace_back(field.name);
    }
    return names;
}

RulesetPlan plan_ruleset(const std::vector<Rule>& existing, const std::vector<RuleInput>& wanted,
                         const RulesetAuthor& author)
{
    RulesetPlan plan;
    plan.changes.actor = author.actor;
    const auto partner = matched(existing, wanted);
    std::vector<bool> stays(existing.size(), false);
    std::size_t last = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        auto rule = wanted[i].rule;
        rule.position = static_cast<std::int32_t>(i) + 1;
        rule.updated_at = author.at;
        rule.updated_by = author.actor;
        if (partner[i] == kNone) {
            const auto before = wanted[i].id ? author.deleted_before.find(*wanted[i].id) : author.deleted_before.end();
            const bool comes_back = before != author.deleted_before.end();
            rule.id = comes_back ? before->first : RuleId(author.new_id());
            rule.version = comes_back ? before->second + 1 : 1;
            plan.changes.created.push_back(std::move(rule));
            continue;
        }
        const auto& current = existing[partner[i]];
        stays[partner[i]] = true;
        plan.reordered = plan.reordered || partner[i] < last;
        last = partner[i];
        auto fields = differing_fields(current, rule);
        if (fields.empty()) {
            if (current.position != rule.position) plan.changes.moved.emplace_back(current.id, rule.position);
            plan.unchanged.push_back(current);
            continue;
        }
        rule.id = current.id;
        rule.version = current.version + 1;
        plan.changes.updated.push_back(std::move(rule));
        plan.updated_fields.push_back(std::move(fields));
    }
    for (std::size_t i = 0; i < existing.size(); ++i) {
        if (stays[i]) continue;
        plan.changes.deleted.push_back(existing[i].id);
        plan.deleted.push_back(existing[i]);
    }
    return plan;
}

}  // namespace winnow::api
