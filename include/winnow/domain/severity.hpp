#pragma once

/// @file
/// How bad an alert is.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace winnow::domain {

/// Ordered: `critical` is the greatest. Stored in columns: do not change the numbers.
enum class Severity : std::uint8_t { info = 1, warning = 2, error = 3, critical = 4 };

/// "critical", "error", "warning" or "info".
[[nodiscard]] std::string_view to_string(Severity severity) noexcept;

/// Accepts exactly the four words of `to_string`.
[[nodiscard]] std::optional<Severity> parse_severity(std::string_view word) noexcept;

/// What senders say, in lower case and in order, and which of the four it is.
using SeverityWord = std::pair<std::string_view, Severity>;
[[nodiscard]] std::span<const SeverityWord> severity_words() noexcept;

/// Maps what senders say ("major", "P1", "emerg", "sev2", "OK"…), case-insensitively, to one of the four.
[[nodiscard]] std::optional<Severity> severity_from_sender(std::string_view word);

}  // namespace winnow::domain
