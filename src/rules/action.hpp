#pragma once

/// @file
/// What a matching rule does: actions checked and compiled once, applied to alert after alert.

#include "rules/template.hpp"
#include "winnow/domain/rule.hpp"
#include "winnow/rules/rule_set.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace winnow::rules {

class CompiledAction {
public:
    CompiledAction() = default;
    CompiledAction(const CompiledAction&) = delete;
    CompiledAction& operator=(const CompiledAction&) = delete;
    virtual ~CompiledAction() = default;

    /// Changes the alert or the evaluation. Returns "" or, where the alert does not allow the action, why it was left
    /// out.
    virtual std::string apply(domain::Alert& alert, Evaluation& evaluation) const = 0;
};

/// `rule_name` is the reason of a `suppress` that gives none. The error's pointers are relative to the action.
[[nodiscard]] Result<std::unique_ptr<const CompiledAction>> compile_action(const domain::Action& action,
                                                                           const std::string& rule_name,
                                                                           RuleId rule_id);

/// Why an action is not taken any more where it is saved, relative to the action; what is stored goes on. nullopt: it
/// is.
[[nodiscard]] std::optional<FieldError> too_large(const domain::Action& action);

/// Why an action was left out whose text costs more than is left: `noun` is the action.
[[nodiscard]] std::string texts_too_dear(const std::string& noun);

/// Whether an action before this one is a threshold, pause or flap, too, and of the same kind: they would share what
/// they remember.
[[nodiscard]] bool repeats_machine(const std::vector<domain::Action>& actions, std::size_t at);

}  // namespace winnow::rules
