#pragma once

/// @file
/// Conditions as somebody writes them now. What is stored already is only compiled (condition.hpp): it was checked by
/// the rules of its day and goes on as it is.

#include "winnow/base/result.hpp"
#include "winnow/domain/rule.hpp"
#include "winnow/expr/condition.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::expr {

/// What is probably a slip, and may yet be meant.
struct Remark {
    Position at;  ///< Matchers: of the first character.
    std::string message;
};

struct CheckedCondition {
    Expression condition;
    std::vector<Remark> remarks;
};

/// Where a condition stands: how it says which syntax it is in.
enum class WrittenIn : std::uint8_t { rule, scope };

/// compile_condition, and refused, too, is what can only be a slip: a field that keywords do not know, `labels.x`
/// without quotes in matchers, a status or (in keywords) a severity that no alert has, CEL under the name of another
/// syntax. The error names what is nearest.
[[nodiscard]] Result<CheckedCondition> check_condition(std::string_view text, domain::RuleSyntax syntax,
                                                       WrittenIn where = WrittenIn::rule);

/// A name by itself, as matchers have names: a label or, where there is none, the alert's own field. `labels.x` and
/// `details.x` are refused; what is nearly a field's name is remarked on.
[[nodiscard]] Result<std::optional<std::string>> check_name(std::string_view name);

/// A CEL expression of any type, held to what holds in conditions: comparisons that can never be true are refused.
[[nodiscard]] Result<CheckedCondition> check_expression(std::string_view text);

}  // namespace winnow::expr
