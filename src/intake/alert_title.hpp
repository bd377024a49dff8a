#pragma once

/// @file
/// What an alert is called. Private to intake.

#include "winnow/domain/alert.hpp"

#include <string>
#include <string_view>

namespace winnow::intake {

/// Quick: true for ASCII that one_line() leaves as it is; false says nothing.
[[nodiscard]] bool is_plain_line(std::string_view text) noexcept;

/// Well-formed UTF-8 on one line: line ends, control characters and runs of blanks are one blank, none at either end.
/// "" where nothing of it can be seen.
[[nodiscard]] std::string one_line(std::string_view text);

/// One line: the first annotation of summary, title and message that says something; else the alert's name and
/// instance; else its labels. "" only where there is nothing at all.
[[nodiscard]] std::string alertmanager_title(const domain::Labels& labels, const domain::Labels& annotations);

}  // namespace winnow::intake
