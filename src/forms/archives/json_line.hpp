#pragma once

/// @file
/// JSON that somebody else wrote, read strictly. Private to forms.

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace winnow::forms {

/// So many values a row may hold; names of members, and ends of what has some, count as well.
inline constexpr std::size_t kMostRowValues = 1'000'000;
/// A manifest: of 100,000 files.
inline constexpr std::size_t kMostManifestValues = 1'500'000;

/// @param wrong  Set to what keeps it from being one JSON value: also a member that stands twice in its object, U+0000,
///               more than 64 levels, and more than `most_values`; "" where nothing does.
[[nodiscard]] nlohmann::json read_json_line(std::string_view text, std::string& wrong,
                                            std::size_t most_values = kMostRowValues);

/// nullptr where `object` is none, or has no such member.
[[nodiscard]] const nlohmann::json* member_of(const nlohmann::json& object, std::string_view name);

/// The same as a text; "" where it is none.
[[nodiscard]] std::string text_member(const nlohmann::json& object, std::string_view name);

}  // namespace winnow::forms
