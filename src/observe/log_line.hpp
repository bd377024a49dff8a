#pragma once

/// @file
/// One log entry as one line of text. Pure: the instant is an argument.

#include "winnow/base/time.hpp"
#include "winnow/observe/log.hpp"

#include <span>
#include <string>
#include <string_view>

namespace winnow::observe {

/// "debug", "info", "warning", "error".
[[nodiscard]] std::string_view to_string(Level level) noexcept;

/// `{"time":…,"level":…,"message":…,<fields>}` without a line feed. Always valid JSON in valid UTF-8: bytes that are
/// not are shown as U+FFFD, a number that JSON cannot write as null.
[[nodiscard]] std::string json_line(Timestamp instant, Level level, std::string_view message,
                                    std::span<const Field> fields);

/// `2026-11-23T06:00:00.000Z INFO  message  name=value other="with spaces"`. What comes from outside cannot break out
/// of its line or colour the terminal: control characters are escaped.
[[nodiscard]] std::string text_line(Timestamp instant, Level level, std::string_view message,
                                    std::span<const Field> fields, bool coloured);

}  // namespace winnow::observe
