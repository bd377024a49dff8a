#pragma once

/// @file
/// One rule, ready to run.

#include "rules/action.hpp"
#include "rules/index/normal_form.hpp"

#include <memory>
#include <vector>

namespace winnow::rules {

/// What a rule means, without its place and its dates. Immutable; rule sets share it from version to version.
struct CompiledRule {
    domain::Rule source;  ///< What was compiled: id, name, condition, syntax, actions.
    index::NormalForm form;
    std::vector<std::unique_ptr<const CompiledAction>> actions;
    bool changes_alert = false;  ///< Conditions after it may see another alert.
    bool drops = false;
    bool suppresses = false;

    /// Runs the actions in order, up to a drop. Actions that cannot be done are reported in `evaluation.failures`.
    void act(domain::Alert& alert, Evaluation& evaluation) const;

    /// Whether compiling the rule would make the same.
    [[nodiscard]] bool is_made_of(const domain::Rule& rule) const;
};

/// Every broken part at once; pointers are relative to the rule.
[[nodiscard]] Result<std::shared_ptr<const CompiledRule>> compile_rule(const domain::Rule& rule);

}  // namespace winnow::rules
