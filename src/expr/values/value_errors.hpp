#pragma once

/// @file
/// The errors, values themselves, that operators and functions give. Private to expr.

#include "winnow/expr/value.hpp"

#include <span>
#include <string>
#include <string_view>

namespace winnow::expr {

/// What an operator or a function is given.
using Arguments = std::span<const Value>;

/// "no such overload: size(int)"
[[nodiscard]] Value no_overload(std::string_view name, Arguments arguments);

[[nodiscard]] Value over_budget();

/// A value in a message: the beginning of its text, for nobody reads more.
[[nodiscard]] std::string shown(const Value& value);

}  // namespace winnow::expr
