#pragma once

/// @file
/// What hosts are called, in URLs and mail addresses alike. Pure.

#include <string_view>

namespace winnow::domain {

/// Labels of letters, digits and inner hyphens, separated by single dots.
[[nodiscard]] bool is_host_name(std::string_view host);

/// ASCII without spaces.
[[nodiscard]] bool is_printable_ascii(std::string_view text);

[[nodiscard]] bool is_alphanumeric(char c);

}  // namespace winnow::domain
