#include "winnow/rules/cost.hpp"

#include "rules/index/pattern.hpp"
#include "winnow/expr/condition.hpp"
#include "winnow/expr/pattern.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace winnow::rules {

namespace {

void add_regex(const re2::RE2& regex, Cost& cost)
{
    ++cost.regexes;
    cost.instructions += expr::instructions_of(regex);
    const auto program = static_cast<std::size_t>(regex.ok() ? regex.ProgramSize() : 0);
    cost.memory += expr::kPatternBytes + program * expr::kInstructionBytes;
}

/// Matchers stand in ^(?:…)$.
bool is_open(std::string_view pattern)
{
    constexpr std::string_view kBegin = "^(?:";
    constexpr std::string_view kEnd = ")$";
    constexpr std::size_t kFound = 3;
    const bool whole = pattern.starts_with(kBegin) && pattern.ends_with(kEnd);
    if (whole) pattern = pattern.substr(kBegin.size(), pattern.size() - kBegin.size() - kEnd.size());
    // ^a|b may begin anywhere.
    const bool anchored = whole || (pattern.starts_with('^') && !pattern.contains('|'));
    if (!whole && anchored) pattern.remove_prefix(1);
    if (anchored && !pattern.starts_with('.')) return false;
    return index::required_text(pattern).size() < kFound;
}

/// No recursion: a condition may be as deep as its limits allow.
void add_tree(const expr::Node& root, Cost& cost)
{
    std::vector<const expr::Node*> open{&root};
    while (!open.empty()) {
        const auto& node = *open.back();
        open.pop_back();
        cost.memory += sizeof(expr::Node) + node.name.size() + node.variable.size();
        if (node.regex) {
            add_regex(*node.regex, cost);
            cost.open_patterns += is_open(node.regex->pattern()) ? 1 : 0;
        }
        for (const auto& child : node.children) open.push_back(&child);
    }
}

void add_action(const domain::Action& action, Cost& cost)
{
    cost.memory += sizeof(domain::Action);
    const auto* extract = std::get_if<domain::ExtractAction>(&action);
    if (extract == nullptr) return;
    if (const auto regex = expr::compile_pattern(extract->pattern, expr::Dot::no_line_feed)) add_regex(**regex, cost);
}

}  // namespace

Cost cost_of(const domain::Rule& rule)
{
    Cost cost;
    cost.memory = sizeof(domain::Rule) + rule.name.size() + rule.description.size() + rule.condition.size();
    for (const auto& action : rule.actions) add_action(action, cost);
    if (const auto condition = expr::compile_condition(rule.condition, rule.syntax)) add_tree(condition->root(), cost);
    return cost;
}

Cost pattern_cost_of(const domain::Rule& rule)
{
    const auto& text = rule.condition;
    const bool may_have = (rule.syntax == domain::RuleSyntax::cel && text.contains("matches")) ||
                          (rule.syntax == domain::RuleSyntax::matchers && text.contains('~')) ||
                          rule.syntax == domain::RuleSyntax::keywords ||
                          std::ranges::any_of(rule.actions, [](const domain::Action& action) {
                              return std::holds_alternative<domain::ExtractAction>(action);
                          });
    return may_have ? cost_of(rule) : Cost{};
}

std::size_t pattern_bytes(std::size_t regexes, std::size_t instructions) noexcept
{
    return regexes * expr::kPatternBytes + instructions * expr::kInstructionBytes;
}

std::optional<std::string> too_many_patterns(const Cost& of_all, const domain::TenantLimits& limits, const Cost& stored)
{
    const auto say = [](std::size_t have, std::string_view what, std::size_t limit, std::string_view key,
                        std::string_view help) {
        return "the rules would have " + std::to_string(have) + ' ' + std::string(what) + " together, the limit is " +
               std::to_string(limit) + " (" + std::string(key) + "); " + std::string(help);
    };
    if (of_all.regexes > std::max(limits.max_rule_patterns, stored.regexes)) {
        return say(of_all.regexes, "regular expressions", limits.max_rule_patterns, "tenants.max_rule_patterns",
                   "where no pattern is needed, use ==, in, startsWith or contains");
    }
    if (of_all.instructions > std::max(limits.max_pattern_instructions, stored.instructions)) {
        return say(
            of_all.instructions, "instructions in regular expressions", limits.max_pattern_instructions,
            "tenants.max_pattern_instructions",
            "what is repeated {100} times counts 100 times: write + or *, or use ==, in, startsWith or contains");
    }
    if (of_all.open_patterns > std::max(limits.max_open_patterns, stored.open_patterns)) {
        return say(of_all.open_patterns, "regular expressions that may begin anywhere and name no text of 3 bytes",
                   limits.max_open_patterns, "tenants.max_open_patterns",
                   "begin them with ^, or with a text that has to be there");
    }
    return std::nullopt;
}

Result<Done> check_cost(const Cost& of_all, const domain::TenantLimits& limits, const Cost& stored)
{
    if (const auto why = too_many_patterns(of_all, limits, stored)) return Error(ErrorCode::conflict, *why);
    if (of_all.memory > std::max(limits.max_rule_memory, stored.memory)) {
        return Error(ErrorCode::conflict, "the rules would take about " + std::to_string(of_all.memory) +
                                              " bytes of memory together, the limit is " +
                                              std::to_string(limits.max_rule_memory) + "; shorten or delete some");
    }
    return Done{};
}

}  // namespace winnow::rules
