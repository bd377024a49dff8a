#pragma once

/// @file
/// When a recurrence rule comes true, by a clock on a wall: RFC 5545's expansion, pure and bounded. Memory is of fixed
/// size, nothing recurs, and every search ends after 400 years (the Gregorian calendar repeats itself then) or
/// kMaxSteps, whatever the rule.

#include "winnow/base/result.hpp"
#include "winnow/calendar/rule.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace winnow::calendar {

/// Of one search among hours, minutes or seconds; a few milliseconds. No rule that is hourly or coarser comes near.
inline constexpr int kMaxSteps = 1 << 18;

/// A rule tied to its start. Immutable, thread-safe, a value.
///
/// Where RFC 5545 leaves open what a rule means, docs/silences.md says what is chosen.
class Series {
public:
    class Cursor;

    /// `until`: nothing occurs after it. `invalid_argument` where nothing occurs at all, "never occurs". A rule with
    /// COUNT ends 400 years after its start at the latest.
    [[nodiscard]] static Result<Series> make(const Rule& rule, WallTime start, std::optional<WallTime> until);

    /// From the first occurrence at or after `from` on. Jumps there by arithmetic, however far.
    [[nodiscard]] Cursor from(WallTime from) const;

private:
    friend class Cursor;
    using Day = std::int64_t;     ///< Since 1970-01-01.
    using Second = std::int64_t;  ///< Since then, by the wall.
    /// Moments of a day: each of these hours with each of these minutes and seconds.
    struct Times {
        std::uint32_t hours = 0;
        std::uint64_t minutes = 0;
        std::uint64_t seconds = 0;

        [[nodiscard]] std::uint32_t size() const;
        [[nodiscard]] Second nth(std::uint32_t place) const;                   ///< From 0, in order.
        [[nodiscard]] std::optional<Second> from(Second second_of_day) const;  ///< The first then or later.
    };
    struct Days {
        Day first = 0;
        Day last = 0;
    };

    Series(const Rule& rule, WallTime start);
    void fill_in();
    void list_positions();
    [[nodiscard]] bool within_day() const { return rule_.frequency >= Frequency::hourly; }
    [[nodiscard]] bool phase_agrees_with_the_times() const;
    [[nodiscard]] bool positions_lie_beyond_every_period() const;
    [[nodiscard]] std::uint32_t days_of(int year, unsigned month) const;
    [[nodiscard]] std::uint32_t weekdays_of(int year, unsigned month, Day first, unsigned length) const;
    [[nodiscard]] std::int64_t period_of(Day day) const;
    [[nodiscard]] Days days_of_period(std::int64_t period) const;

    Rule rule_;  ///< With what the start fills in.
    Second start_;
    std::optional<Second> last_;
    std::int64_t first_period_ = 0;
    Second unit_ = 0;  ///< Seconds of a period of an hourly rule or a finer one.
    bool nth_of_year_ = false;
    std::array<std::int16_t, 2 * 366> positions_{};  ///< The positive ones ascending, then -N … -1.
    std::size_t positive_ = 0;
    std::size_t negative_ = 0;
};

/// Walks a series, which must outlive it. Not for sharing.
class Series::Cursor {
public:
    /// nullopt: no more, for 400 years.
    [[nodiscard]] std::optional<WallTime> next();

    /// Whether the last search ended for its length, not because nothing was there.
    [[nodiscard]] bool gave_up() const { return gave_up_; }

private:
    friend class Series;
    Cursor(const Series& series, Second from) : series_(series), from_(from) {}

    std::optional<Second> find();
    std::optional<Second> find_by_days();
    std::optional<Second> find_within_days();
    std::optional<Day> day_from(Day day);
    void look_at_month_of(Day day);
    bool move_to_period();
    bool move_to_time();
    [[nodiscard]] Times times_of_period() const;
    void select(Days days, const Times& times);
    std::optional<Second> next_selected();

    const Series& series_;
    Second from_;  ///< Nothing earlier is of interest.
    bool ended_ = false;
    bool gave_up_ = false;
    Day horizon_ = 0;  ///< Of the search under way.
    // The month looked at last, and the days in it that the rule names: bit 0 is the first.
    Day month_first_ = 0;
    Day month_last_ = -1;
    std::uint32_t month_days_ = 0;
    // What BYSETPOS selects in the period looked at last.
    Day selected_first_ = 0;
    std::size_t selected_size_ = 0;
    std::size_t selected_next_ = 0;
    std::array<std::uint32_t, 2 * 366> selected_;   ///< Seconds since selected_first_ begins; selected_size_ of them.
    std::array<std::uint16_t, 371> selected_days_;  ///< Room for select().
};

}  // namespace winnow::calendar
