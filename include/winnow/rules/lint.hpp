#pragma once

/// @file
/// What looks wrong in a rule set that compiles: for editors and for `plan`, never a reason to refuse it.

#include "winnow/domain/rule.hpp"
#include "winnow/expr/ast.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::rules {

enum class FindingKind : std::uint8_t {
    contradictory,      ///< Its tests exclude each other.
    never_true,         ///< It tests for what no alert has.
    duplicate,          ///< An earlier rule says the same.
    shadowed,           ///< An earlier rule ends the evaluation for every alert that it could match.
    unguarded_label,    ///< `!=` or `!` on a label: not true where the label is missing.
    regex_is_equality,  ///< A regular expression that matches one text, or one of a list.
    opaque,             ///< A part that the index cannot use.
    suspicious,         ///< Probably a slip, such as a name that is nearly a field's; or refused, were it written now.
    untried,            ///< Not found by lint: what takes trying out, and would have cost too much.
};

/// "contradictory", "unguarded_label"…
[[nodiscard]] std::string_view to_string(FindingKind kind) noexcept;

struct Finding {
    RuleId rule_id;
    FindingKind kind = FindingKind::opaque;
    std::string message;
    std::optional<expr::Position> position;  ///< In the condition; CEL and keywords only.
    std::optional<RuleId> because_of;        ///< duplicate, shadowed: the earlier rule.
};

/// What can be said of a rule by itself: all but duplicate and shadowed. Nothing of one that does not compile.
[[nodiscard]] std::vector<Finding> lint_alone(const domain::Rule& rule);

/// What is to be said of a condition to whoever writes or tries one, wherever it stands: that it never matches, or is
/// probably a slip. No advice.
[[nodiscard]] std::vector<Finding> warnings_of(const std::string& condition, domain::RuleSyntax syntax);

/// In position order. Sound, not complete: what is found is so, but an arithmetic relation, or several rules that
/// shadow another together, are not found. Rules that do not compile are passed over; only rules that are enabled and
/// live shadow others or repeat them.
[[nodiscard]] std::vector<Finding> lint(const std::vector<domain::Rule>& rules);

}  // namespace winnow::rules
