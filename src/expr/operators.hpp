#pragma once

/// @file
/// CEL's operators on values that are no errors. Private to expr.

#include "winnow/expr/ast.hpp"

#include <string>

namespace winnow::expr {

/// `== != < <= > >= in + - * / %` by the node's kind.
[[nodiscard]] Value operate(Node::Kind kind, const Value& left, const Value& right);

[[nodiscard]] Value logical_not(const Value& value);
[[nodiscard]] Value negate(const Value& value);

/// Of no optional without a value, whose key is never looked at.
[[nodiscard]] Value index_into(const Value& container, const Value& key);
/// `x[?k]`: nothing, too, where `x` is no container. A key that none could have is an error all the same.
[[nodiscard]] Value optional_index_into(const Value& container, const Value& key);
/// Also of an error, which stays one. `x.?f` is nothing, too, where `x` is no container; `has(x.f)` is an error then,
/// as the specification says.
[[nodiscard]] Value select(const Value& from, const std::string& field);
[[nodiscard]] Value optional_select(const Value& from, const std::string& field);
[[nodiscard]] Value has(const Value& from, const std::string& field);

[[nodiscard]] bool is_map_key(const Value& value) noexcept;

}  // namespace winnow::expr
