#include "rules/compiled_rule.hpp"

#include "winnow/base/text.hpp"

#include <string>
#include <utility>

namespace winnow::rules {

namespace {

constexpr std::size_t kMaxNameChars = 200;
constexpr std::size_t kMaxConditionBytes = 8'192;
constexpr std::size_t kMaxActions = 32;

using Errors = std::vector<FieldError>;

void add(Errors& errors, std::string pointer, std::string detail)
{
    errors.push_back({std::move(pointer), "invalid_field", std::move(detail)});
}

void check_name(const std::string& name, Errors& errors)
{
    const auto blank = name.find_first_not_of(' ') == std::string::npos;
    if (!is_valid_utf8(name) || blank || count_code_points(name) > kMaxNameChars || has_control_characters(name) ||
        name.find_first_of("\t\n\r") != std::string::npos) {
        add(errors, "/name",
            "a name has 1 to " + std::to_string(kMaxNameChars) + " characters and no control characters");
    }
}

std::vector<expr::Matcher> compile_condition(const domain::Rule& rule, Errors& errors)
{
    if (rule.syntax != domain::RuleSyntax::matchers) {
        add(errors, "/syntax",
            "the syntax \"" + std::string(to_string(rule.syntax)) +
                "\" is not available yet: write the condition as matchers");
        return {};
    }
    if (rule.condition.size() > kMaxConditionBytes) {
        add(errors, "/condition", "a condition has at most " + std::to_string(kMaxConditionBytes) + " bytes");
        return {};
    }
    if (rule.condition.find_first_not_of(" \t\r\n") == std::string::npos) {
        add(errors, "/condition", "the condition is empty: write {} to match every alert");
        return {};
    }
    auto matchers = expr::parse_matchers(rule.condition);
    if (!matchers) {
        add(errors, "/condition", matchers.error().message());
        return {};
    }
    return std::move(*matchers);
}

std::vector<std::unique_ptr<const CompiledAction>> compile_actions(const domain::Rule& rule, Errors& errors)
{
    std::vector<std::unique_ptr<const CompiledAction>> compiled;
    if (rule.actions.empty()) add(errors, "/actions", "a rule has at least one action");
    if (rule.actions.size() > kMaxActions) {
        add(errors, "/actions", "a rule has at most " + std::to_string(kMaxActions) + " actions");
        return compiled;
    }
    for (std::size_t i = 0; i < rule.actions.size(); ++i) {
        auto action = compile_action(rule.actions[i], rule.name);
        if (action) {
            compiled.push_back(std::move(*action));
            continue;
        }
        for (const auto& field : action.error().fields()) {
            add(errors, "/actions/" + std::to_string(i) + field.pointer, field.detail);
        }
    }
    return compiled;
}

}  // namespace

bool CompiledRule::applies(Timestamp now) const noexcept
{
    return source.enabled && source.mode == domain::RuleMode::live &&
           (!source.effective_from || *source.effective_from <= now) &&
           (!source.effective_until || now < *source.effective_until);
}

void CompiledRule::act(domain::Alert& alert, Evaluation& evaluation) const
{
    for (const auto& action : actions) {
        auto problem = action->apply(alert, evaluation);
        if (!problem.empty()) evaluation.failures.push_back({source.id, std::move(problem)});
        if (evaluation.dropped) return;
    }
}

Result<CompiledRule> compile_rule(const domain::Rule& rule)
{
    Errors errors;
    check_name(rule.name, errors);
    auto condition = compile_condition(rule, errors);
    auto actions = compile_actions(rule, errors);
    if (rule.effective_from && rule.effective_until && *rule.effective_from >= *rule.effective_until) {
        add(errors, "/effective_until", "effective_until must be later than effective_from");
    }
    if (!errors.empty()) return Error(std::move(errors));
    return CompiledRule{rule, std::move(condition), std::move(actions)};
}

}  // namespace winnow::rules
