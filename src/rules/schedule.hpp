#pragma once

/// @file
/// A rule's weekly schedule, ready to be asked.

#include "winnow/base/error.hpp"
#include "winnow/base/time.hpp"
#include "winnow/domain/schedule.hpp"

#include <bitset>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace date {
class time_zone;
}

namespace winnow::rules {

/// Immutable. A question costs one look-up in the time zone and one bit.
class Schedule {
public:
    /// nullptr where there is none, or its zone is unknown (it was checked on save; the zone's table may be another one
    /// here): the rule applies then.
    [[nodiscard]] static std::shared_ptr<const Schedule> compile(const std::optional<domain::WeeklySchedule>& source);

    /// By the wall clock of the zone: hours that a clock skips in spring do not happen, those that it repeats in
    /// autumn happen twice.
    [[nodiscard]] bool covers(Timestamp instant) const;

private:
    static constexpr std::size_t kMinutesAWeek = std::size_t{7} * domain::kMinutesADay;

    Schedule(const date::time_zone& zone, const std::vector<domain::WeeklyPeriod>& weekly);

    const date::time_zone& zone_;  ///< Lives as long as the process.
    std::bitset<kMinutesAWeek> minutes_;
};

/// What is wrong with it; pointers begin with "/schedule".
void check_schedule(const domain::WeeklySchedule& schedule, std::vector<FieldError>& errors);

}  // namespace winnow::rules
