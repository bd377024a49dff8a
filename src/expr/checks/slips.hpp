#pragma once

/// @file
/// What in a condition that compiles can only be a slip, or probably is one. Private to expr.

#include "expr/cel/lexer.hpp"
#include "winnow/expr/ast.hpp"
#include "winnow/expr/check.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::expr {

/// Of CEL: a status that no alert has.
[[nodiscard]] std::optional<cel::SyntaxError> slip_in(const Node& root);

/// Of a name as matchers have names: what is wrong with it, written as it is; what is odd about it.
[[nodiscard]] std::optional<std::string> slip_in_name(std::string_view name);
[[nodiscard]] std::optional<std::string> remark_on_name(std::string_view name);
/// Of matchers that parse: names written as CEL writes them. The message is worded as Alertmanager words its own.
[[nodiscard]] std::optional<std::string> slip_in_matchers(std::string_view text);
/// Of matchers that parse: values that only a label could have, names that are nearly a field's. Nothing of a name in
/// quotes: whoever writes those means a label.
[[nodiscard]] std::vector<Remark> remarks_on_matchers(std::string_view text);

}  // namespace winnow::expr
