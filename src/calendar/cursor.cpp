#include "calendar/days.hpp"
#include "winnow/calendar/series.hpp"

#include <algorithm>
#include <bit>

namespace winnow::calendar {

namespace {

constexpr Day kLastDay = day_of(9999, 12, 31);

}  // namespace

std::optional<WallTime> Series::Cursor::next()
{
    if (ended_) return std::nullopt;
    const auto found = find();
    if (!found || (series_.last_ && *found > *series_.last_)) {
        ended_ = true;
        return std::nullopt;
    }
    from_ = *found + 1;
    return WallTime(std::chrono::seconds(*found));
}

std::optional<Series::Second> Series::Cursor::find()
{
    const auto last = series_.last_ ? floor_div(*series_.last_, kDaySeconds) : kLastDay;
    const auto begin = floor_div(from_, kDaySeconds);
    if (begin > std::min(last, kLastDay)) return std::nullopt;
    horizon_ = std::min({begin + kSearchedDays, last, kLastDay});
    return series_.within_day() ? find_within_days() : find_by_days();
}

void Series::Cursor::look_at_month_of(Day day)
{
    if (day >= month_first_ && day <= month_last_) return;
    const auto date = date_of(day);
    const auto year = static_cast<int>(date.year());
    const auto month = static_cast<unsigned>(date.month());
    month_first_ = day - static_cast<unsigned>(date.day()) + 1;
    month_last_ = month_first_ + length_of(year, month) - 1;
    month_days_ = series_.days_of(year, month);
}

/// The first day that the rule names and INTERVAL meets, at `day` or later, up to the horizon.
std::optional<Series::Day> Series::Cursor::day_from(Day day)
{
    const auto step = series_.within_day() ? 1 : std::int64_t{series_.rule_.interval};
    while (day <= horizon_) {
        look_at_month_of(day);
        const auto rest = month_days_ >> static_cast<unsigned>(day - month_first_);
        if (rest == 0) {
            day = month_last_ + 1;
            continue;
        }
        day += std::countr_zero(rest);
        if (day > horizon_) break;
        if (step == 1) return day;
        const auto period = series_.period_of(day);
        const auto skipped = up_to_phase(period, series_.first_period_, step);
        if (skipped == 0) return day;
        if (period + skipped > series_.period_of(horizon_)) break;
        day = series_.days_of_period(period + skipped).first;
    }
    return std::nullopt;
}

/// Periods of days: FREQ=DAILY to FREQ=YEARLY.
std::optional<Series::Second> Series::Cursor::find_by_days()
{
    const Times times{series_.rule_.hours, series_.rule_.minutes, series_.rule_.seconds};
    const bool selects = series_.rule_.positions.any();
    if (selects) {
        if (const auto at = next_selected()) return at;
    }
    const auto begin = floor_div(from_, kDaySeconds);
    for (auto day = day_from(begin); day;) {
        if (selects) {
            const auto days = series_.days_of_period(series_.period_of(*day));
            select(days, times);
            if (const auto at = next_selected()) return at;
            day = day_from(days.last + 1);
        } else {
            const auto time = times.from(*day == begin ? floor_mod(from_, kDaySeconds) : 0);
            if (time) return *day * kDaySeconds + *time;
            day = day_from(*day + 1);
        }
    }
    return std::nullopt;
}

/// Periods within a day: FREQ=HOURLY, FREQ=MINUTELY, FREQ=SECONDLY. Each step goes on by a period at least.
std::optional<Series::Second> Series::Cursor::find_within_days()
{
    const bool selects = series_.rule_.positions.any();
    if (selects) {
        if (const auto at = next_selected()) return at;
    }
    for (int step = 0; step < kMaxSteps; ++step) {
        if (move_to_period()) continue;
        const auto day = floor_div(from_, kDaySeconds);
        const auto named = day_from(day);
        if (!named) return std::nullopt;
        if (*named != day) {
            from_ = *named * kDaySeconds;
            continue;
        }
        if (move_to_time()) continue;
        if (selects) {
            select({day, day}, times_of_period());
            if (const auto at = next_selected()) return at;
        } else if (const auto time = times_of_period().from(floor_mod(from_, kDaySeconds))) {
            return day * kDaySeconds + *time;
        }
        from_ = (floor_div(from_, series_.unit_) + 1) * series_.unit_;
    }
    gave_up_ = true;
    return std::nullopt;
}

/// To the next period that INTERVAL meets. False: it is in one.
bool Series::Cursor::move_to_period()
{
    const auto period = floor_div(from_, series_.unit_);
    const auto skipped = up_to_phase(period, series_.first_period_, series_.rule_.interval);
    if (skipped != 0) from_ = (period + skipped) * series_.unit_;
    return skipped != 0;
}

/// To the next hour, minute or second that the rule names, or the next day. False: it is at one.
bool Series::Cursor::move_to_time()
{
    const auto& rule = series_.rule_;
    const auto next_in = [&](std::uint64_t mask, std::int64_t place, Second unit) {
        const auto rest = mask >> static_cast<unsigned>(place);
        const auto whole = floor_div(from_, unit) * unit;
        // Past the last one: to the end of the hour of minutes, the minute of seconds, the day of hours.
        const auto ahead = rest != 0 ? std::countr_zero(rest) : (unit == 3'600 ? 24 : 60) - place;
        if (ahead != 0) from_ = whole + ahead * unit;
        return ahead != 0;
    };
    const auto second = floor_mod(from_, kDaySeconds);
    if (next_in(rule.hours, second / 3'600, 3'600)) return true;
    if (series_.unit_ <= 60 && next_in(rule.minutes, second / 60 % 60, 60)) return true;
    return series_.unit_ == 1 && next_in(rule.seconds, second % 60, 1);
}

Series::Times Series::Cursor::times_of_period() const
{
    const auto& rule = series_.rule_;
    const auto second = floor_mod(from_, kDaySeconds);
    Times times{1U << static_cast<unsigned>(second / 3'600), rule.minutes, rule.seconds};
    if (series_.unit_ <= 60) times.minutes = 1ULL << static_cast<unsigned>(second / 60 % 60);
    if (series_.unit_ == 1) times.seconds = 1ULL << static_cast<unsigned>(second % 60);
    return times;
}

void Series::Cursor::select(Days days, const Times& times)
{
    std::size_t named = 0;
    for (auto day = days.first; day <= days.last;) {
        look_at_month_of(day);
        const auto rest = month_days_ >> static_cast<unsigned>(day - month_first_);
        day = rest == 0 ? month_last_ + 1 : day + std::countr_zero(rest);
        if (rest == 0 || day > days.last) continue;
        selected_days_.at(named++) = static_cast<std::uint16_t>(day - days.first);
        ++day;
    }
    const auto a_day = times.size();
    const auto all = static_cast<std::int64_t>(named) * a_day;
    selected_first_ = days.first;
    selected_size_ = selected_next_ = 0;
    for (std::size_t i = 0; i < series_.positive_ + series_.negative_; ++i) {
        const auto position = series_.positions_.at(i);
        const auto place = position > 0 ? position - 1 : all + position;
        if (place < 0 || place >= all) continue;
        const auto day = selected_days_.at(static_cast<std::size_t>(place / a_day));
        selected_.at(selected_size_++) =
            static_cast<std::uint32_t>(day * kDaySeconds + times.nth(static_cast<std::uint32_t>(place % a_day)));
    }
    auto* const end = selected_.data() + selected_size_;
    std::sort(selected_.data(), end);
    selected_size_ = static_cast<std::size_t>(std::unique(selected_.data(), end) - selected_.data());
}

std::optional<Series::Second> Series::Cursor::next_selected()
{
    while (selected_next_ < selected_size_) {
        const auto at = selected_first_ * kDaySeconds + selected_.at(selected_next_++);
        if (at >= from_) return at;
    }
    return std::nullopt;
}

}  // namespace winnow::calendar
