#include "winnow/rules/cost.hpp"

#include "winnow/expr/condition.hpp"

#include <re2/re2.h>

#include <string>
#include <variant>
#include <vector>

namespace winnow::rules {

namespace {

/// RE2 keeps its syntax tree and both programs besides the states that it builds while it matches.
constexpr std::size_t kRegexBytes = 4'096;
constexpr std::size_t kInstructionBytes = 64;

void add_regex(const re2::RE2& regex, Cost& cost)
{
    ++cost.regexes;
    const auto instructions = static_cast<std::size_t>(regex.ok() ? regex.ProgramSize() : 0);
    cost.memory += kRegexBytes + instructions * kInstructionBytes;
}

/// No recursion: a condition may be as deep as its limits allow.
void add_tree(const expr::Node& root, Cost& cost)
{
    std::vector<const expr::Node*> open{&root};
    while (!open.empty()) {
        const auto& node = *open.back();
        open.pop_back();
        cost.memory += sizeof(expr::Node) + node.name.size() + node.variable.size();
        if (node.regex) add_regex(*node.regex, cost);
        for (const auto& child : node.children) open.push_back(&child);
    }
}

void add_action(const domain::Action& action, Cost& cost)
{
    cost.memory += sizeof(domain::Action);
    const auto* extract = std::get_if<domain::ExtractAction>(&action);
    if (extract == nullptr) return;
    const re2::RE2 pattern(extract->pattern, re2::RE2::Quiet);
    add_regex(pattern, cost);
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

Result<Done> check_cost(const Cost& of_all, const domain::TenantLimits& limits)
{
    if (of_all.regexes > limits.max_rule_patterns) {
        return Error(ErrorCode::conflict, "the rules would have " + std::to_string(of_all.regexes) +
                                              " regular expressions together, the limit is " +
                                              std::to_string(limits.max_rule_patterns) +
                                              "; where no pattern is needed, use ==, in, startsWith or contains");
    }
    if (of_all.memory > limits.max_rule_memory) {
        return Error(ErrorCode::conflict, "the rules would take about " + std::to_string(of_all.memory) +
                                              " bytes of memory together, the limit is " +
                                              std::to_string(limits.max_rule_memory) + "; shorten or delete some");
    }
    return Done{};
}

}  // namespace winnow::rules
