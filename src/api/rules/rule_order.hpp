#pragma once

/// @file
/// The places of rules in their order: making room for one, and giving all of them new ones. Pure.

#include "winnow/base/error.hpp"
#include "winnow/base/uuid.hpp"

#include <cstdint>
#include <utility>
#include <vector>

namespace winnow::api {

/// Rules and their positions, ascending. Positions are unique and may have gaps.
using RuleOrder = std::vector<std::pair<RuleId, std::int32_t>>;

/// The position behind all others; 1 where there are none.
[[nodiscard]] std::int32_t position_at_end(const RuleOrder& order);

/// The rules that must give way so that `rule` can stand at `position`: those from there up to the first gap each go
/// one place up. The place that `rule` leaves counts as a gap.
[[nodiscard]] RuleOrder make_room(const RuleOrder& order, std::int32_t position, RuleId rule);

/// Whether a rule would move to a position behind `last`.
[[nodiscard]] bool reaches_beyond(const RuleOrder& moved, std::int32_t last);

/// Whether `wanted` names every rule of `order` exactly once; what is wrong otherwise, with pointers into `/ids`.
[[nodiscard]] std::vector<FieldError> reorder_errors(const RuleOrder& order, const std::vector<RuleId>& wanted);

/// The rules whose position changes when they take the places 1, 2, … in the order of `wanted`.
[[nodiscard]] RuleOrder renumbered(const RuleOrder& order, const std::vector<RuleId>& wanted);

}  // namespace winnow::api
