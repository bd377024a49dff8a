#pragma once

/// @file
/// What values of archives have to be beyond their columns' types: what the API would take. Private to forms.

#include "winnow/domain/tenants/archive_shape.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace winnow::forms {

/// Of a value that is of its column's kind: what is wrong with it; "": nothing.
using ValueRule = std::string (*)(const nlohmann::json& value);

/// The rule for a field; nullptr where its kind says all. In static memory.
[[nodiscard]] ValueRule value_rule(std::string_view resource, const domain::FieldShape& field) noexcept;

/// What keeps a user from being what two of his fields make of him; "": nothing.
[[nodiscard]] std::string user_problem(const nlohmann::json& row);

}  // namespace winnow::forms
