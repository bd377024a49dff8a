#include "calendar/clock_changes.hpp"

#include <algorithm>
#include <utility>

namespace winnow::calendar {

std::int64_t YearlyClockChanges::Change::in(std::int64_t year) const
{
    const auto first = day_of(year, month, 1) + earliest - 1;
    const auto day = first + static_cast<Day>((weekday + 7 - weekday_of(first)) % 7);
    return day * kDaySeconds + time - before;
}

/// `which`: 0 or 1, the first or second of each year.
std::optional<YearlyClockChanges::Change> YearlyClockChanges::every_year(std::span<const ClockChange> changes,
                                                                         std::size_t which)
{
    Change rule;
    auto earliest = std::pair(13U, 0U);
    for (std::size_t i = which; i < changes.size(); i += 2) {
        const auto& change = changes[i];
        const auto wall = change.at + change.before;
        const auto day = floor_div(wall, kDaySeconds);
        const auto date = date_of(day);
        earliest =
            std::min(earliest, std::pair(static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day())));
        rule = {.month = earliest.first,
                .earliest = earliest.second,
                .weekday = weekday_of(day),
                .time = floor_mod(wall, kDaySeconds),
                .before = change.before,
                .after = change.after};
    }
    // What was read from the earliest date and the last change must give them all.
    for (std::size_t i = which; i < changes.size(); i += 2) {
        const auto& change = changes[i];
        const auto year = static_cast<int>(date_of(floor_div(change.at + change.before, kDaySeconds)).year());
        if (rule.in(year) != change.at || rule.before != change.before || rule.after != change.after)
            return std::nullopt;
    }
    return rule;
}

std::optional<YearlyClockChanges> YearlyClockChanges::that_gives(std::span<const ClockChange> changes)
{
    if (changes.size() != 2 * kYears) return std::nullopt;
    const auto first = every_year(changes, 0);
    const auto second = every_year(changes, 1);
    if (!first || !second || first->after != second->before || second->after != first->before) return std::nullopt;
    const auto year_of = [](const ClockChange& change) {
        return date_of(floor_div(change.at + change.before, kDaySeconds)).year();
    };
    if (year_of(changes[0]) != year_of(changes[1])) return std::nullopt;
    YearlyClockChanges rule;
    rule.changes_ = {*first, *second};
    return rule;
}

std::int64_t YearlyClockChanges::offset_at(std::int64_t instant) const
{
    const auto& [first, second] = changes_;
    const auto year = static_cast<int>(date_of(floor_div(instant + first.before, kDaySeconds)).year());
    if (instant < first.in(year) || instant >= second.in(year)) return first.before;
    return first.after;
}

}  // namespace winnow::calendar
