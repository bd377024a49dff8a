#include "winnow/calendar/series.hpp"

#include "calendar/days.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

namespace winnow::calendar {

namespace {

constexpr std::uint32_t kAllHours = (1U << 24U) - 1;
constexpr std::uint64_t kAllSixty = (1ULL << 60U) - 1;
constexpr Day kFirstDay = day_of(0, 1, 1);
constexpr Day kLastDay = day_of(9999, 12, 31);

/// The lowest bit of `mask` at `from` or above it; -1: none.
int bit_from(std::uint64_t mask, std::int64_t from)
{
    if (from >= 64) return -1;
    const auto rest = mask >> static_cast<unsigned>(from) << static_cast<unsigned>(from);
    return rest == 0 ? -1 : std::countr_zero(rest);
}

int nth_bit(std::uint64_t mask, std::uint32_t place)
{
    for (; place > 0; --place) mask &= mask - 1;
    return std::countr_zero(mask);
}

Error never()
{
    return {ErrorCode::invalid_argument, "never occurs"};
}

}  // namespace

std::uint32_t Series::Times::size() const
{
    return static_cast<std::uint32_t>(std::popcount(hours) * std::popcount(minutes) * std::popcount(seconds));
}

Series::Second Series::Times::nth(std::uint32_t place) const
{
    const auto a_minute = static_cast<std::uint32_t>(std::popcount(seconds));
    const auto an_hour = static_cast<std::uint32_t>(std::popcount(minutes)) * a_minute;
    return Second{nth_bit(hours, place / an_hour)} * 3'600 + Second{nth_bit(minutes, place % an_hour / a_minute)} * 60 +
           nth_bit(seconds, place % a_minute);
}

std::optional<Series::Second> Series::Times::from(Second second_of_day) const
{
    const auto first_minute = nth_bit(minutes, 0) * 60;
    const auto first_second = nth_bit(seconds, 0);
    const auto hour = bit_from(hours, second_of_day / 3'600);
    if (hour < 0) return std::nullopt;
    if (hour * 3'600 > second_of_day) return hour * 3'600 + first_minute + first_second;
    const auto within = second_of_day % 3'600;
    const auto minute = bit_from(minutes, within / 60);
    if (minute * 60 > within) return hour * 3'600 + minute * 60 + first_second;
    if (minute >= 0) {
        if (const auto second = bit_from(seconds, within % 60); second >= 0) return hour * 3'600 + minute * 60 + second;
        if (const auto later = bit_from(minutes, minute + 1); later >= 0) {
            return hour * 3'600 + later * 60 + first_second;
        }
    }
    const auto later = bit_from(hours, hour + 1);
    if (later < 0) return std::nullopt;
    return later * 3'600 + first_minute + first_second;
}

Series::Series(const Rule& rule, WallTime start) : rule_(rule), start_(start.time_since_epoch().count())
{
    fill_in();
    list_positions();
    if (within_day()) {
        unit_ = rule_.frequency == Frequency::hourly ? 3'600 : (rule_.frequency == Frequency::minutely ? 60 : 1);
        first_period_ = floor_div(start_, unit_);
    } else {
        first_period_ = period_of(floor_div(start_, kDaySeconds));
    }
}

/// "Information, not contained in the rule, necessary to determine the various recurrence instance start times and
/// dates are derived from the start" (RFC 5545, 3.3.10).
void Series::fill_in()
{
    const auto frequency = rule_.frequency;
    const auto day = floor_div(start_, kDaySeconds);
    const auto second = floor_mod(start_, kDaySeconds);
    const auto date = date_of(day);
    nth_of_year_ = frequency == Frequency::yearly && rule_.months == 0;
    const bool names_days = rule_.month_days.any() || rule_.year_days.any() || rule_.any_by_day();
    if (!names_days && rule_.weeks.any()) {
        rule_.weekdays = 1U << weekday_of(day);
    } else if (!names_days && frequency == Frequency::weekly) {
        rule_.weekdays = 1U << weekday_of(day);
    } else if (!names_days && frequency <= Frequency::monthly) {
        rule_.month_days.insert(static_cast<int>(static_cast<unsigned>(date.day())));
        if (frequency == Frequency::yearly && rule_.months == 0)
            rule_.months = 1U << static_cast<unsigned>(date.month());
    }
    if (rule_.hours == 0) rule_.hours = within_day() ? kAllHours : 1U << static_cast<unsigned>(second / 3'600);
    if (rule_.minutes == 0) {
        rule_.minutes = frequency >= Frequency::minutely ? kAllSixty : 1ULL << static_cast<unsigned>(second / 60 % 60);
    }
    if (rule_.seconds == 0) {
        rule_.seconds = frequency == Frequency::secondly ? kAllSixty : 1ULL << static_cast<unsigned>(second % 60);
    }
}

void Series::list_positions()
{
    constexpr int kMost = 366;
    for (int place = 1; place <= kMost; ++place) {
        if (rule_.positions.front(place)) positions_[positive_++] = static_cast<std::int16_t>(place);
    }
    for (int place = kMost; place >= 1; --place) {
        if (rule_.positions.back(place)) positions_[positive_ + negative_++] = static_cast<std::int16_t>(-place);
    }
}

Result<Series> Series::make(const Rule& rule, WallTime start, std::optional<WallTime> until)
{
    const auto first_day = floor_div(start.time_since_epoch().count(), kDaySeconds);
    if (first_day < kFirstDay || first_day > kLastDay) return never();
    if (until && *until < start) return Error(ErrorCode::invalid_argument, "never occurs: UNTIL lies before its start");
    Series series(rule, start);
    if (series.within_day() && !series.phase_agrees_with_the_times()) return never();
    if (series.positions_lie_beyond_every_period()) return never();
    if (until) series.last_ = until->time_since_epoch().count();
    auto cursor = series.from(start);
    auto occurrence = cursor.next();
    if (!occurrence) {
        return cursor.gave_up() ? Error(ErrorCode::invalid_argument, "never occurs, or too seldom to be found")
                                : never();
    }
    // COUNT is the same as the time of its last occurrence, which any later question can then jump past.
    const auto far = start + std::chrono::days(kSearchedDays);
    if (rule.count == 0) return series;
    auto last = occurrence;
    for (std::uint32_t seen = 1; seen < rule.count; ++seen) {
        occurrence = cursor.next();
        if (!occurrence || *occurrence > far) break;
        last = occurrence;
    }
    series.last_ = last->time_since_epoch().count();
    return series;
}

/// A rule such as "every 2 seconds, at odd ones" never comes true on any day: what can be, modulo a day, is checked.
bool Series::phase_agrees_with_the_times() const
{
    const auto periods_a_day = kDaySeconds / unit_;
    const auto step = std::gcd(std::int64_t{rule_.interval}, periods_a_day);
    if (step == 1) return true;
    for (auto period = floor_mod(first_period_, step); period < periods_a_day; period += step) {
        const auto second = period * unit_;
        if ((rule_.hours >> static_cast<unsigned>(second / 3'600) & 1U) == 0) continue;
        if (unit_ <= 60 && (rule_.minutes >> static_cast<unsigned>(second / 60 % 60) & 1U) == 0) continue;
        if (unit_ == 1 && (rule_.seconds >> static_cast<unsigned>(second % 60) & 1U) == 0) continue;
        return true;
    }
    return false;
}

bool Series::positions_lie_beyond_every_period() const
{
    if (!rule_.positions.any()) return false;
    auto least = std::int64_t{367};
    if (positive_ > 0) least = positions_.front();
    if (negative_ > 0) least = std::min<std::int64_t>(least, -positions_.at(positive_ + negative_ - 1));
    constexpr std::array<std::int64_t, 4> kMostDays{371, 31, 7, 1};
    const auto a_minute = std::int64_t{std::popcount(rule_.seconds)};
    const auto an_hour = a_minute * std::popcount(rule_.minutes);
    switch (rule_.frequency) {
        case Frequency::hourly: return least > an_hour;
        case Frequency::minutely: return least > a_minute;
        case Frequency::secondly: return least > 1;
        default:
            return least >
                   an_hour * std::popcount(rule_.hours) * kMostDays.at(static_cast<std::size_t>(rule_.frequency));
    }
}

/// The days of a month that the rule names: bit 0 is the first.
std::uint32_t Series::days_of(int year, unsigned month) const
{
    if (rule_.months != 0 && (rule_.months >> month & 1U) == 0) return 0;
    const auto length = length_of(year, month);
    auto days = static_cast<std::uint32_t>((1ULL << length) - 1);
    const auto keep = [&](auto holds) {
        for (auto rest = days; rest != 0; rest &= rest - 1) {
            const auto day = std::countr_zero(rest);
            if (!holds(day)) days &= ~(1U << static_cast<unsigned>(day));
        }
    };
    if (rule_.month_days.any()) {
        keep([&](int day) { return rule_.month_days.holds(day + 1, static_cast<int>(length)); });
    }
    if (days == 0) return 0;
    const auto first = day_of(year, month, 1);
    if (rule_.any_by_day()) days &= weekdays_of(year, month, first, length);
    if (rule_.year_days.any()) {
        const auto before = static_cast<int>(first - day_of(year, 1, 1));
        keep([&](int day) { return rule_.year_days.holds(before + day + 1, length_of(year)); });
    }
    if (rule_.weeks.any()) {
        keep([&](int day) {
            const auto week_year = week_year_of(first + day, rule_.week_start);
            const auto begin = first_week_of(week_year, rule_.week_start);
            const auto weeks = (first_week_of(week_year + 1, rule_.week_start) - begin) / 7;
            return rule_.weeks.holds(static_cast<int>((first + day - begin) / 7 + 1), static_cast<int>(weeks));
        });
    }
    return days;
}

/// Those that BYDAY names, with a number of the month's or, without BYMONTH, the year's.
std::uint32_t Series::weekdays_of(int year, unsigned month, Day first, unsigned length) const
{
    const auto weekday = weekday_of(first);
    const auto a_week = (rule_.weekdays >> weekday | rule_.weekdays << (7 - weekday)) & 0x7FU;
    constexpr std::uint64_t kEachWeek = 1ULL | 1ULL << 7U | 1ULL << 14U | 1ULL << 21U | 1ULL << 28U;
    auto days = static_cast<std::uint32_t>(a_week * kEachWeek);
    if (!rule_.any_nth_weekday()) return days;
    const auto before = nth_of_year_ ? static_cast<int>(first - day_of(year, 1, 1)) : 0;
    const auto last = nth_of_year_ ? length_of(year) - 1 : static_cast<int>(length_of(year, month)) - 1;
    for (int day = 0; day < static_cast<int>(length); ++day) {
        const auto& numbers = rule_.nth_weekday.at((weekday + static_cast<unsigned>(day)) % 7);
        const auto place = before + day;
        if (numbers.front(place / 7 + 1) || numbers.back((last - place) / 7 + 1))
            days |= 1U << static_cast<unsigned>(day);
    }
    return days;
}

/// The number of the year (with BYWEEKNO: of its weeks), month, week or day; hourly rules and finer ones have all days.
std::int64_t Series::period_of(Day day) const
{
    const auto date = date_of(day);
    const auto year = static_cast<int>(date.year());
    switch (rule_.frequency) {
        case Frequency::yearly: return rule_.weeks.any() ? week_year_of(day, rule_.week_start) : year;
        case Frequency::monthly: return std::int64_t{year} * 12 + static_cast<unsigned>(date.month()) - 1;
        case Frequency::weekly: return floor_div(week_of(day, rule_.week_start) + 3, 7);
        default: return day;
    }
}

Series::Days Series::days_of_period(std::int64_t period) const
{
    switch (rule_.frequency) {
        case Frequency::yearly:
            if (!rule_.weeks.any()) return {day_of(period, 1, 1), day_of(period, 12, 31)};
            return {first_week_of(period, rule_.week_start), first_week_of(period + 1, rule_.week_start) - 1};
        case Frequency::monthly: {
            const auto year = floor_div(period, 12);
            const auto month = static_cast<unsigned>(floor_mod(period, 12)) + 1;
            const auto first = day_of(year, month, 1);
            return {first, first + length_of(static_cast<int>(year), month) - 1};
        }
        case Frequency::weekly: {
            const auto first = period * 7 - 3 + rule_.week_start;
            return {first, first + 6};
        }
        default: return {period, period};
    }
}

Series::Cursor Series::from(WallTime from) const
{
    return {*this, std::max(start_, from.time_since_epoch().count())};
}

}  // namespace winnow::calendar
