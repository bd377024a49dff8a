#pragma once

/// @file
/// Texts in CSV (RFC 4180).

#include <string>
#include <string_view>

namespace winnow::api {

/// One cell. Text that a spreadsheet would run as a formula (it begins with = + - @, a tab or a line end) gets an
/// apostrophe before it.
[[nodiscard]] std::string csv_cell(std::string_view text);

}  // namespace winnow::api
