#pragma once

/// @file
/// One rule, ready to run.

#include "rules/action.hpp"
#include "winnow/expr/matchers.hpp"

#include <memory>
#include <vector>

namespace winnow::rules {

struct CompiledRule {
    domain::Rule source;
    std::vector<expr::Matcher> condition;
    std::vector<std::unique_ptr<const CompiledAction>> actions;

    /// Enabled, live, and within its effective dates (the first instant included, the last one not).
    [[nodiscard]] bool applies(Timestamp now) const noexcept;

    /// Runs the actions in order, up to a drop. Actions that cannot be done are reported in `evaluation.failures`.
    void act(domain::Alert& alert, Evaluation& evaluation) const;
};

/// Every broken part at once; pointers are relative to the rule.
[[nodiscard]] Result<CompiledRule> compile_rule(const domain::Rule& rule);

}  // namespace winnow::rules
