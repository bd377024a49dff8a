#pragma once

/// @file
/// Weekly schedules as JSON, in the one form that requests, files, answers and the column `rules.schedule` have:
///
///     {"time_zone": "Asia/Tokyo", "weekly": [{"days": ["mon", "fri"], "from": "22:00", "until": "06:00"}]}

#include "winnow/base/result.hpp"
#include "winnow/domain/schedule.hpp"
#include "winnow/forms/field_reader.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>

namespace winnow::forms {

/// null where there is none.
[[nodiscard]] nlohmann::json schedule_json(const std::optional<domain::WeeklySchedule>& schedule);

/// The member `schedule` of a rule that somebody wrote. What only makes sense as a whole is left to rules::check.
[[nodiscard]] std::optional<domain::WeeklySchedule> read_schedule(FieldReader& rule);

/// Reads back what schedule_json() wrote. `internal` where it is anything else.
[[nodiscard]] Result<std::optional<domain::WeeklySchedule>> load_schedule(const nlohmann::json& stored);

}  // namespace winnow::forms
