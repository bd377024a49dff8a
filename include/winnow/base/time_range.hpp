#pragma once

/// @file
/// Which instants there are: those that RFC 3339 can write in UTC. Whatever comes in, is summed up or is stored lies
/// among them.

#include "winnow/base/time.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace winnow {

inline constexpr Timestamp kEarliestTime =
    std::chrono::sys_days{std::chrono::year{1} / std::chrono::January / 1} + std::chrono::milliseconds{0};
inline constexpr Timestamp kLatestTime =
    std::chrono::sys_days{std::chrono::year{10'000} / std::chrono::January / 1} - std::chrono::milliseconds{1};

/// For error texts: "must be … from … to …".
inline constexpr std::string_view kTimeRange = "from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999Z (in UTC)";

[[nodiscard]] constexpr bool is_in_time_range(Timestamp instant) noexcept
{
    return kEarliestTime <= instant && instant <= kLatestTime;
}

/// As parse_rfc3339, but an offset may take the instant out of the range: for whoever clamps what it reads.
[[nodiscard]] std::optional<Timestamp> parse_unbounded_rfc3339(std::string_view text) noexcept;

}  // namespace winnow
