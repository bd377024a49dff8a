#pragma once

/// @file
/// The actions that have a file of their own; action.cpp holds the others. Private to rules.

#include "rules/action.hpp"

#include <memory>
#include <string_view>

namespace winnow::rules {

using Compiled = Result<std::unique_ptr<const CompiledAction>>;

/// Well-formed UTF-8 without U+0000.
[[nodiscard]] bool is_plain_text(std::string_view text);

// The rule's id goes into what the machines remember and into comments. Errors as of compile_action.
[[nodiscard]] Compiled compile_kind(const domain::ExtractAction& action, RuleId rule_id);
[[nodiscard]] Compiled compile_kind(const domain::GroupKeyAction& action, RuleId rule_id);
[[nodiscard]] Compiled compile_kind(const domain::PriorityAction& action, RuleId rule_id);
[[nodiscard]] Compiled compile_kind(const domain::TagAction& action, RuleId rule_id);
[[nodiscard]] Compiled compile_kind(const domain::NoteAction& action, RuleId rule_id);
[[nodiscard]] Compiled compile_kind(const domain::ThresholdAction& action, RuleId rule_id);
[[nodiscard]] Compiled compile_kind(const domain::PauseAction& action, RuleId rule_id);
[[nodiscard]] Compiled compile_kind(const domain::FlapAction& action, RuleId rule_id);

/// Sets a label; "" or, where the alert has as many as it may, why not.
[[nodiscard]] std::string set_label(domain::Alert& alert, const std::string& name, std::string value);

}  // namespace winnow::rules
