#pragma once

/// @file
/// Instants and durations as Winnow speaks them: RFC 3339 in UTC with milliseconds, and ISO 8601 durations.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace winnow {

/// An instant, UTC, to the millisecond. The functional core gets `now` as an argument and never reads a clock.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

/// "2026-11-23T06:00:00.000Z". What lies beyond the range of times (time_range.hpp) is written as its nearer end.
[[nodiscard]] std::string format_rfc3339(Timestamp instant);

/// Accepts RFC 3339 with `T`/`t`/space, any number of fraction digits (cut to milliseconds) and `Z` or an offset.
/// A leap second (:60) is taken as the last millisecond of its minute. Anything else is nullopt, and so is what its
/// offset takes out of the range of times (time_range.hpp).
[[nodiscard]] std::optional<Timestamp> parse_rfc3339(std::string_view text) noexcept;

/// "PT5M", "PT1H30M", "PT0.250S"; negative durations and calendar units never come out.
[[nodiscard]] std::string format_iso8601_duration(std::chrono::milliseconds duration);

/// Accepts `PnWnDTnHnMnS` with a fraction in the seconds; a day is 24 hours. Years and months are refused, as is
/// anything longer than 100 years.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_iso8601_duration(std::string_view text) noexcept;

}  // namespace winnow
