#pragma once

/// @file
/// JSON that somebody else wrote, read strictly. Private to forms.

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace winnow::forms {

/// @param wrong  Set to what keeps it from being one JSON value: also a member that stands twice in its object, U+0000
///               and more than 64 levels; "" where nothing does.
[[nodiscard]] nlohmann::json read_json_line(std::string_view text, std::string& wrong);

/// nullptr where `object` is none, or has no such member.
[[nodiscard]] const nlohmann::json* member_of(const nlohmann::json& object, std::string_view name);

/// The same as a text; "" where it is none.
[[nodiscard]] std::string text_member(const nlohmann::json& object, std::string_view name);

}  // namespace winnow::forms
