#pragma once

/// @file
/// Changes of clocks that follow a rule every year. Private to calendar.

#include "calendar/days.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

namespace winnow::calendar {

/// One change as a zone's table has it. Times in seconds since 1970, UTC; offsets in seconds east of it.
struct ClockChange {
    std::int64_t at = 0;
    std::int64_t before = 0;
    std::int64_t after = 0;
};

/// "The first Sunday on or after 25 March, at 02:00 by the clock before": two of them make a zone's summer and winter.
class YearlyClockChanges {
public:
    static constexpr std::size_t kYears =
        11;  ///< Every weekday falls on every date within them, before and after 29 February.

    /// The rule that gives exactly `changes`, two a year of kYears years in a row, in order. nullopt: there is none.
    [[nodiscard]] static std::optional<YearlyClockChanges> that_gives(std::span<const ClockChange> changes);

    [[nodiscard]] std::int64_t offset_at(std::int64_t instant) const;

private:
    struct Change {
        unsigned month = 0;
        unsigned earliest = 0;  ///< Day of the month, from 1.
        unsigned weekday = 0;
        std::int64_t time = 0;  ///< Of the day, by the clock before.
        std::int64_t before = 0;
        std::int64_t after = 0;

        [[nodiscard]] std::int64_t in(std::int64_t year) const;
    };
    [[nodiscard]] static std::optional<Change> every_year(std::span<const ClockChange> changes, std::size_t which);

    std::array<Change, 2> changes_;
};

}  // namespace winnow::calendar
