#pragma once

/// @file
/// What a rule, silence, window or inhibition costs, as the API shows it where that is too much.

#include "winnow/domain/cost_ladder.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>

namespace winnow::api {

/// null where there is nothing to say: it is fine.
[[nodiscard]] nlohmann::json cost_json(const std::optional<domain::JudgeCost>& cost, Timestamp now);

}  // namespace winnow::api
