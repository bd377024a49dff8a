#pragma once

/// @file
/// Weekly schedules as the API shows and takes them.

#include "api/rest/json_body.hpp"
#include "winnow/domain/schedule.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>

namespace winnow::api {

/// null where there is none.
[[nodiscard]] nlohmann::json schedule_json(const std::optional<domain::WeeklySchedule>& schedule);

/// The member `schedule` of a rule. What only makes sense as a whole is left to rules::check.
[[nodiscard]] std::optional<domain::WeeklySchedule> read_schedule(FieldReader& rule);

}  // namespace winnow::api
