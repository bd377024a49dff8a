#pragma once

/// @file
/// What a matching rule does: actions checked and compiled once, applied to alert after alert.

#include "rules/template.hpp"
#include "winnow/domain/rule.hpp"
#include "winnow/rules/rule_set.hpp"

#include <memory>
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
                                                                           const std::string& rule_name);

}  // namespace winnow::rules
