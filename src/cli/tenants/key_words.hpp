#pragma once

/// @file
/// What the commands of keys have in common: when a key is to end, and how its limits are shown.

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace winnow::cli {

/// When a key is to end that lives for `duration` (ISO 8601) from now. Throws WrongUsage where no such time is written.
[[nodiscard]] std::string end_after(const std::string& duration);

/// "a, b"; `all` where there is no limit.
[[nodiscard]] std::string listed(const nlohmann::json& limits, const std::string& all);

/// `none` for null.
[[nodiscard]] std::string text_or(const nlohmann::json& text, const std::string& none);

}  // namespace winnow::cli
