#include "rules/compiled_rule.hpp"

#include "rules/schedule.hpp"
#include "winnow/base/text.hpp"
#include "winnow/expr/condition.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace winnow::rules {

namespace {

constexpr std::size_t kMaxNameChars = 200;
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

std::optional<expr::Expression> compile_condition(const domain::Rule& rule, Errors& errors)
{
    auto condition = expr::compile_condition(rule.condition, rule.syntax);
    if (condition) return *std::move(condition);
    add(errors, "/condition", condition.error().message());
    return std::nullopt;
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
        if (repeats_machine(rule.actions, i)) {
            add(errors, "/actions/" + std::to_string(i), "a rule has at most one action of this kind");
            continue;
        }
        auto action = compile_action(rule.actions[i], rule.name, rule.id);
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

/// New kinds of action are taken to change it.
bool may_change_alert(const domain::Action& action)
{
    return !std::holds_alternative<domain::DropAction>(action) &&
           !std::holds_alternative<domain::SuppressAction>(action) &&
           !std::holds_alternative<domain::RouteAction>(action);
}

domain::Rule without_what_compiling_ignores(const domain::Rule& rule)
{
    domain::Rule source;
    source.id = rule.id;
    source.name = rule.name;
    source.condition = rule.condition;
    source.syntax = rule.syntax;
    source.actions = rule.actions;
    return source;
}

}  // namespace

void CompiledRule::act(domain::Alert& alert, Evaluation& evaluation) const
{
    for (const auto& action : actions) {
        auto problem = action->apply(alert, evaluation);
        if (!problem.empty()) evaluation.failures.push_back({source.id, std::move(problem)});
        if (evaluation.dropped) return;
    }
}

bool CompiledRule::is_made_of(const domain::Rule& rule) const
{
    return source.id == rule.id && source.condition == rule.condition && source.syntax == rule.syntax &&
           source.name == rule.name && source.actions == rule.actions;
}

Result<std::shared_ptr<const CompiledRule>> compile_rule(const domain::Rule& rule)
{
    Errors errors;
    check_name(rule.name, errors);
    const auto condition = compile_condition(rule, errors);
    auto actions = compile_actions(rule, errors);
    if (rule.effective_from && rule.effective_until && *rule.effective_from >= *rule.effective_until) {
        add(errors, "/effective_until", "effective_until must be later than effective_from");
    }
    if (rule.schedule) check_schedule(*rule.schedule, errors);
    if (!errors.empty()) return Error(std::move(errors));
    auto compiled = std::make_shared<CompiledRule>();
    compiled->source = without_what_compiling_ignores(rule);
    compiled->form = index::normal_form(condition->root());
    compiled->actions = std::move(actions);
    compiled->suppresses = std::ranges::any_of(
        rule.actions, [](const auto& action) { return std::holds_alternative<domain::SuppressAction>(action); });
    compiled->changes_alert = std::ranges::any_of(rule.actions, may_change_alert);
    compiled->drops = std::ranges::any_of(
        rule.actions, [](const domain::Action& action) { return std::holds_alternative<domain::DropAction>(action); });
    return std::shared_ptr<const CompiledRule>(std::move(compiled));
}

}  // namespace winnow::rules
