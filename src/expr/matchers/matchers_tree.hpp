#pragma once

/// @file
/// Matchers as a CEL tree with exactly their meaning. Private to expr.

#include "winnow/expr/ast.hpp"
#include "winnow/expr/matchers.hpp"

#include <vector>

namespace winnow::expr {

/// `env="prod"` becomes `label("env") == "prod"`; of a name that is an alert's own field, too:
/// `has(labels.source) && labels.source == "db" || !has(labels.source) && source == "db"`.
[[nodiscard]] Node tree_of(const std::vector<Matcher>& matchers);

}  // namespace winnow::expr
