#pragma once

/// @file
/// The words that an alert's severity and status are told by, and what was probably meant by another. Private to expr.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace winnow::expr {

/// For a word that is none of `words`: "; did you mean critical?", or "" where none is near; else nullopt.
[[nodiscard]] std::optional<std::string> suggestion(std::string_view word, std::span<const std::string_view> words);

/// "; did you mean critical?" for a word that is none of an alert's severities (or statuses), else nullopt.
[[nodiscard]] std::optional<std::string> no_severity(std::string_view word);
[[nodiscard]] std::optional<std::string> no_status(std::string_view word);

}  // namespace winnow::expr
