#pragma once

/// @file
/// Arithmetic of days, by number since 1970-01-01. Private to calendar.

#include <chrono>
#include <cstdint>

namespace winnow::calendar {

using Day = std::int64_t;

constexpr std::int64_t kDaySeconds = 86'400;
constexpr Day kSearchedDays = 146'097;  // 400 years, after which the calendar repeats itself

constexpr std::int64_t floor_div(std::int64_t number, std::int64_t by)
{
    return number / by - (number % by < 0 ? 1 : 0);
}

constexpr std::int64_t floor_mod(std::int64_t number, std::int64_t by)
{
    return number - floor_div(number, by) * by;
}

/// How far `number` is from the next one that is `phase` plus a multiple of `step`.
constexpr std::int64_t up_to_phase(std::int64_t number, std::int64_t phase, std::int64_t step)
{
    const auto over = floor_mod(number - phase, step);
    return over == 0 ? 0 : step - over;
}

constexpr std::chrono::year_month_day date_of(Day day)
{
    return std::chrono::year_month_day(std::chrono::local_days(std::chrono::days(day)));
}

constexpr Day day_of(std::int64_t year, unsigned month, unsigned day)
{
    const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(year)), std::chrono::month(month),
                                           std::chrono::day(day));
    return std::chrono::local_days(date).time_since_epoch().count();
}

constexpr unsigned length_of(int year, unsigned month)
{
    return static_cast<unsigned>((std::chrono::year(year) / std::chrono::month(month) / std::chrono::last).day());
}

constexpr int length_of(int year)
{
    return std::chrono::year(year).is_leap() ? 366 : 365;
}

/// From Monday, 0.
constexpr unsigned weekday_of(Day day)
{
    return static_cast<unsigned>(floor_mod(day + 3, 7));
}

/// The first day of the week that `day` lies in.
constexpr Day week_of(Day day, unsigned week_start)
{
    return day - static_cast<Day>((weekday_of(day) + 7 - week_start) % 7);
}

/// The year in which the week of `day` is counted: the one that holds at least four of its days.
constexpr int week_year_of(Day day, unsigned week_start)
{
    return static_cast<int>(date_of(week_of(day, week_start) + 3).year());
}

/// The first day of a year's week number one.
constexpr Day first_week_of(std::int64_t year, unsigned week_start)
{
    return week_of(day_of(year, 1, 4), week_start);
}

}  // namespace winnow::calendar
