#pragma once

/// @file
/// Text that people read in lists and in subjects of mails: what a title is made of, whoever writes it.

#include <string>
#include <string_view>

namespace winnow::domain {

/// Quick: true for ASCII that one_line() leaves as it is; false says nothing.
[[nodiscard]] bool is_plain_line(std::string_view text) noexcept;

/// Well-formed UTF-8 on one line: line ends, control characters and runs of blanks are one blank, none at either end.
/// "" where nothing of it can be seen.
[[nodiscard]] std::string one_line(std::string_view text);

}  // namespace winnow::domain
