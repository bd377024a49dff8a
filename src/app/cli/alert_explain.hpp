#pragma once

/// @file
/// `winnow alert explain`: an explanation in a person's words.

#include "app/cli/commands.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace winnow::app::cli {

/// What GET /alerts/{id}/explanation answers, as lines. Control characters in it become spaces.
[[nodiscard]] std::string explanation_text(const nlohmann::json& explanation);

void add_alert_explain(Syntax& group, Command& chosen);

}  // namespace winnow::app::cli
