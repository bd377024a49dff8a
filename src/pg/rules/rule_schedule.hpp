#pragma once

/// @file
/// Weekly schedules as the column `rules.schedule` holds them: as the API shows them. Private to pg.

#include "winnow/domain/schedule.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>

namespace winnow::pg {

/// null where there is none.
[[nodiscard]] nlohmann::json schedule_json(const std::optional<domain::WeeklySchedule>& schedule);

/// Throws std::runtime_error or what nlohmann throws where it is not what schedule_json() writes.
[[nodiscard]] std::optional<domain::WeeklySchedule> read_schedule(const nlohmann::json& document);

}  // namespace winnow::pg
