#pragma once

/// @file
/// Documents on a terminal. What is not JSON goes through for_terminal() (winnow/cli/terminal_text.hpp).

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace winnow::cli {

/// With two blanks of indent. What a terminal would obey, or nobody would see, stands as \u escapes, which mean the
/// same to whoever reads it as JSON; so does what is no UTF-8, as U+FFFD.
[[nodiscard]] std::string json_text(const nlohmann::json& document);
[[nodiscard]] std::string json_text(const nlohmann::ordered_json& document);

/// The same on one line.
[[nodiscard]] std::string json_line(const nlohmann::json& document);

}  // namespace winnow::cli
