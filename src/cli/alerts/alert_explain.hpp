#pragma once

/// @file
/// `winnow alert explain`: an explanation in a person's words.

#include "cli/commands.hpp"
#include "cli/rest/rest_client.hpp"

#include <string>

namespace winnow::cli {

/// What GET /alerts/{id}/explanation answers, as lines. Control characters in it become spaces.
[[nodiscard]] std::string explanation_text(const nlohmann::json& explanation);

/// GET of an alert. Throws WrongUsage where that is no id.
[[nodiscard]] Call about_alert(const std::string& id);

void add_alert_explain(Syntax& group, Command& chosen);

}  // namespace winnow::cli
