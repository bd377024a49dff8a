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

/// Whether a byte that stands for itself, and has to be there, is the pattern's first.
bool begins_with_literal(std::string_view pattern)
{
    constexpr std::string_view kSpecial = R"(\.+*?()|[]{}^$)";
    constexpr std::string_view kMayBeNone = "*?{";
    if (pattern.empty() || kSpecial.contains(pattern.front())) return false;
    // A character of several bytes is repeated as a whole.
    constexpr unsigned kContinuation = 0x80U;
    constexpr unsigned kMask = 0xC0U;
    pattern.remove_prefix(1);
    while (!pattern.empty() && (static_cast<unsigned char>(pattern.front()) & kMask) == kContinuation) {
        pattern.remove_prefix(1);
    }
    return pattern.empty() || !kMayBeNone.contains(pattern.front());
}

/// The same of each alternative; each bar is taken for one.
bool all_begin_with_literals(std::string_view pattern)
{
    for (;;) {
        const auto bar = pattern.find('|');
        if (!begins_with_literal(pattern.substr(0, bar))) return false;
        if (bar == std::string_view::npos) return true;
        pattern.remove_prefix(bar + 1);
    }
}

/// Whether the text between ^(?: and )$ ends where that group does, which a)*(b does not. "No" where that is not plain.
bool is_one_group(std::string_view inner)
{
    if (!inner.contains(')')) return true;
    if (inner.contains('[')) return false;
    std::size_t depth = 0;
    for (; !inner.empty(); inner.remove_prefix(1)) {
        if (inner.starts_with("\\Q") || inner == "\\") return false;
        if (inner.front() == '\\') {
            inner.remove_prefix(1);  // what is escaped goes, too
        } else if (inner.front() == '(') {
            ++depth;
        } else if (inner.front() == ')' && depth-- == 0) {
            return false;
        }
    }
    return true;
}

/// Most texts end a search at their first byte only where one certain byte must stand there: ^[^~]*a, ^(.*)a and ^\C*a
/// go through them as a pattern does that begins anywhere. Matchers stand in ^(?:…)$.
bool is_open(std::string_view pattern)
{
    constexpr std::string_view kBegin = "^(?:";
    constexpr std::string_view kEnd = ")$";
    constexpr std::size_t kFound = 3;
    if (index::exact_texts(pattern)) return false;
    if (pattern.size() >= kBegin.size() + kEnd.size() && pattern.starts_with(kBegin) && pattern.ends_with(kEnd)) {
        const auto inner = pattern.substr(kBegin.size(), pattern.size() - kBegin.size() - kEnd.size());
        if (is_one_group(inner)) {
            return !all_begin_with_literals(inner) && index::required_text(inner).size() < kFound;
        }
    }
    // ^a|b may begin anywhere.
    const bool tied = pattern.starts_with('^') && !pattern.contains('|') && begins_with_literal(pattern.substr(1));
    return !tied && index::required_text(pattern).size() < kFound;
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
                   "begin them with ^ and a character that has to be there, or with a text that has to be there");
    }
    return std::nullopt;
}

Result<Done> check_cost(const Cost& of_all, const domain::TenantLimits& limits, const Cost& stored)
{
    if (const auto why = too_many_patterns(of_all, limits, stored)) return Error(ErrorCode::conflict, *why);
    if (of_all.memory > std::max(limits.max_rule_memory, stored.memory)) {
        return Error(ErrorCode::conflict, "the rules would take about " + std::to_string(of_all.memory) +
                                              " bytes of memory together, the limit is " +
                                              std::to_string(limits.max_rule_memory) +
                                              " (tenants.max_rule_memory); shorten or delete some");
    }
    return Done{};
}

}  // namespace winnow::rules
