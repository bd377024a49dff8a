#pragma once

/// @file
/// JSON as a value. Private to expr.

#include "winnow/expr/value.hpp"

#include <string_view>

namespace winnow::expr {

/// Whole numbers are int (beyond 63 bits uint), others double. An error where it is no JSON.
[[nodiscard]] Value value_of_json(std::string_view json);

}  // namespace winnow::expr
