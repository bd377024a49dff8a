#pragma once

/// @file
/// Text from outside, as a terminal may have it, and how much room it takes there.

#include <cstddef>
#include <string>
#include <string_view>

namespace winnow::cli {

/// `text` as a terminal may have it: nothing that is_hidden(), well-formed UTF-8, at most `max_bytes`. What was there
/// stands as a space, what was cut as "…"; a letter and the marks on it stay together.
[[nodiscard]] std::string for_terminal(std::string_view text, std::size_t max_bytes = std::string::npos);

/// The columns of a terminal that well-formed UTF-8 without control characters fills: East Asian wide characters and
/// emoji two each, marks on the letter before them none, all else one. Whatever the caller's locale is.
[[nodiscard]] std::size_t columns_of(std::string_view text);

}  // namespace winnow::cli
