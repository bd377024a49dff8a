#pragma once

/// @file
/// A rule's actions as the column `rules.actions` keeps them: the JSON array that the API shows.

#include "winnow/base/result.hpp"
#include "winnow/domain/rule.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace winnow::pg {

/// `[{"type":"drop"},{"type":"set","field":"title","value":"…"},…]`
[[nodiscard]] nlohmann::json actions_json(const std::vector<domain::Action>& actions);

/// Reads the column back. `internal` where it holds anything that actions_json() would not have written.
[[nodiscard]] Result<std::vector<domain::Action>> parse_actions(std::string_view text);

}  // namespace winnow::pg
