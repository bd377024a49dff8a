#pragma once

/// @file
/// JSON as a value. Private to expr.

#include "winnow/expr/value.hpp"

#include <cstddef>
#include <string_view>

namespace winnow::expr {

/// Whole numbers are int (beyond 63 bits uint), others double. An error where it is no JSON. Adds to `cost` what it
/// took, in steps.
[[nodiscard]] Value value_of_json(std::string_view json, std::size_t& cost);

}  // namespace winnow::expr
