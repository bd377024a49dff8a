#pragma once

/// @file
/// A recurrence rule of iCalendar (RFC 5545, 3.3.10) as a value of fixed size: nothing in it grows with its text.

#include "winnow/base/result.hpp"

#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace winnow::calendar {

/// Seconds of a clock on a wall, whose zone is the caller's business. Counted as if it were UTC.
using WallTime = std::chrono::local_seconds;

enum class Frequency : std::uint8_t { yearly, monthly, weekly, daily, hourly, minutely, secondly };

/// Some of the numbers 1 … Most, counted from the front, and -1 … -Most, counted from the end.
template <std::size_t Most>
class Ordinals {
public:
    void insert(int number)
    {
        (number > 0 ? front_ : back_).set(static_cast<std::size_t>(number > 0 ? number : -number));
    }
    [[nodiscard]] bool any() const { return front_.any() || back_.any(); }
    /// Whether it names what stands at `place` (from 1) of `size`.
    [[nodiscard]] bool holds(int place, int size) const { return has(front_, place) || has(back_, size - place + 1); }
    [[nodiscard]] bool front(int number) const { return has(front_, number); }
    [[nodiscard]] bool back(int number) const { return has(back_, number); }

    friend bool operator==(const Ordinals&, const Ordinals&) = default;

private:
    static bool has(const std::bitset<Most + 1>& set, int number)
    {
        return number > 0 && static_cast<std::size_t>(number) <= Most && set.test(static_cast<std::size_t>(number));
    }
    std::bitset<Most + 1> front_;
    std::bitset<Most + 1> back_;
};

/// The last moment at which something may recur.
struct Until {
    enum class Form : std::uint8_t { date, local, utc };
    Form form = Form::utc;
    WallTime at;  ///< Of a date its last second; of UTC the clock in Greenwich.

    friend bool operator==(const Until&, const Until&) = default;
};

inline constexpr std::uint32_t kMaxCount = 10'000;
inline constexpr std::uint32_t kMaxInterval = 999'999'999;

/// What the text says and no more; what it leaves to the start is filled in by Series. Empty sets are parts that are
/// not there. Weekdays are counted from Monday, 0; bit N of a mask is hour, minute, second, month or weekday N.
struct Rule {
    Frequency frequency = Frequency::daily;
    std::uint32_t interval = 1;
    std::uint32_t count = 0;  ///< 0: without end.
    std::optional<Until> until;
    unsigned week_start = 0;
    std::uint32_t months = 0;
    Ordinals<31> month_days;
    Ordinals<366> year_days;
    Ordinals<53> weeks;
    std::uint32_t weekdays = 0;               ///< Named without a number: each of them.
    std::array<Ordinals<53>, 7> nth_weekday;  ///< Named with one, "2MO", "-1FR".
    std::uint32_t hours = 0;
    std::uint64_t minutes = 0;
    std::uint64_t seconds = 0;
    Ordinals<366> positions;  ///< BYSETPOS.

    [[nodiscard]] bool any_nth_weekday() const;
    [[nodiscard]] bool any_by_day() const { return weekdays != 0 || any_nth_weekday(); }

    friend bool operator==(const Rule&, const Rule&) = default;
};

/// Reads "FREQ=WEEKLY;BYDAY=SU", also with "RRULE:" before it. `invalid_argument` names the part and what it takes.
///
/// Parts may stand in any order and case, once each. What RFC 5545 forbids to stand together is refused, and so are
/// parts that it does not know, among them RFC 7529's RSCALE and SKIP. A leap second is the second before it.
[[nodiscard]] Result<Rule> parse_rule(std::string_view text);

}  // namespace winnow::calendar
