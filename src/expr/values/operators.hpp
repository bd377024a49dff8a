#pragma once

/// @file
/// CEL's operators on values that are no errors. Each pays for what it touches, or gives over_budget(). Private to
/// expr.

#include "winnow/expr/ast.hpp"
#include "winnow/expr/condition.hpp"

#include <string>

namespace winnow::expr {

/// `== != < <= > >= in + - * / %` by the node's kind.
[[nodiscard]] Value operate(Node::Kind kind, const Value& left, const Value& right, Budget& budget);

[[nodiscard]] Value logical_not(const Value& value);
[[nodiscard]] Value negate(const Value& value);

/// Of no optional without a value, whose key is never looked at.
[[nodiscard]] Value index_into(const Value& container, const Value& key, Budget& budget);
/// `x[?k]`: nothing, too, where `x` is no container. A key that none could have is an error all the same.
[[nodiscard]] Value optional_index_into(const Value& container, const Value& key, Budget& budget);
/// Also of an error, which stays one. `x.?f` is nothing, too, where `x` is no container; `has(x.f)` is an error then,
/// as the specification says.
[[nodiscard]] Value select(const Value& from, const std::string& field, Budget& budget);
[[nodiscard]] Value optional_select(const Value& from, const std::string& field, Budget& budget);
[[nodiscard]] Value has(const Value& from, const std::string& field, Budget& budget);

/// A copy of what stays where it is.
[[nodiscard]] Value copied(const Value& value, Budget& budget);
/// The same as an optional value.
[[nodiscard]] Value some(const Value& value, Budget& budget);

[[nodiscard]] bool is_map_key(const Value& value) noexcept;

}  // namespace winnow::expr
