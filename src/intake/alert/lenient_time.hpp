#pragma once

/// @file
/// Times as senders write them.

#include "winnow/base/time.hpp"

#include <optional>
#include <string_view>

namespace winnow::intake {

/// RFC 3339, and what is close to it: an offset without colon or minutes, no zone at all (UTC), a date alone, Go's own
/// print of a time; and Unix time in seconds, milliseconds, microseconds or nanoseconds, told apart by its length.
[[nodiscard]] std::optional<Timestamp> time_from_sender(std::string_view text);

}  // namespace winnow::intake
