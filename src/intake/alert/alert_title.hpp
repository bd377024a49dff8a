#pragma once

/// @file
/// What an alert is called. Private to intake.

#include "winnow/domain/alert.hpp"

#include <string>
#include <string_view>

namespace winnow::intake {

/// One line: the first annotation of summary, title and message that says something; else the alert's name and
/// instance; else its labels. "" only where there is nothing at all.
[[nodiscard]] std::string alertmanager_title(const domain::Labels& labels, const domain::Labels& annotations);

}  // namespace winnow::intake
