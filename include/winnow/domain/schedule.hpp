#pragma once

/// @file
/// Hours of the week in a time zone.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::domain {

inline constexpr std::int16_t kMinutesADay = 24 * 60;

/// On each of the days from one minute up to, not including, another; past midnight where `until` is not later.
struct WeeklyPeriod {
    std::uint8_t days = 0;   ///< Bit 0 is Monday, bit 6 Sunday: of the day on which it begins.
    std::int16_t from = 0;   ///< Minutes since midnight, 0 to 1439.
    std::int16_t until = 0;  ///< 1 to 1440 ("24:00"), or not later than `from`: of the next day.

    friend bool operator==(const WeeklyPeriod&, const WeeklyPeriod&) = default;
};

struct WeeklySchedule {
    std::string time_zone;  ///< Of the IANA database: "Asia/Tokyo".
    std::vector<WeeklyPeriod> weekly;

    friend bool operator==(const WeeklySchedule&, const WeeklySchedule&) = default;
};

inline constexpr std::size_t kMaxWeeklyPeriods = 50;

/// "mon" is 0, "sun" 6.
[[nodiscard]] std::string_view weekday_name(int day) noexcept;
[[nodiscard]] std::optional<int> parse_weekday(std::string_view name) noexcept;

/// "22:00", "24:00"; in minutes.
[[nodiscard]] std::string format_clock(std::int16_t minutes);
[[nodiscard]] std::optional<std::int16_t> parse_clock(std::string_view text) noexcept;

}  // namespace winnow::domain
