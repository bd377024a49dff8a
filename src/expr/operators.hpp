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

[[nodiscard]] Value index_into(const Value& container, const Value& key);
[[nodiscard]] Value optional_index_into(const Value& container, const Value& key);
/// Also of an error, which stays one.
[[nodiscard]] Value select(const Value& from, const std::string& field);
[[nodiscard]] Value optional_select(const Value& from, const std::string& field);
[[nodiscard]] Value has(const Value& from, const std::string& field);

[[nodiscard]] bool is_map_key(const Value& value) noexcept;

}  // namespace winnow::expr
