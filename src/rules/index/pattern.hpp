#pragma once

/// @file
/// What a regular expression says about the texts that it can match, as far as that is easy to see.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::rules::index {

/// A text that stands in every text that `pattern` (RE2 syntax, unanchored, no flags set outside of it) matches: the
/// longest that is found. "" where none is.
[[nodiscard]] std::string required_text(std::string_view pattern);

/// `^a$`, `^(?:a|b)$`, `^(a|b)$`: exactly the texts that it matches. nullopt where it is something else.
[[nodiscard]] std::optional<std::vector<std::string>> exact_texts(std::string_view pattern);

}  // namespace winnow::rules::index
