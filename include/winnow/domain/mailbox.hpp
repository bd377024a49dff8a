#pragma once

/// @file
/// Whether a mail address is one, as far as its text tells. Pure.

#include <cstddef>
#include <string>
#include <string_view>

namespace winnow::domain {

inline constexpr std::size_t kMaxMailbox = 254;  // RFC 5321, without the angle brackets

/// What is wrong with a mail address; "" where nothing is. Takes the plain form only: no display name, no quoted local
/// part, ASCII.
[[nodiscard]] std::string mailbox_problem(std::string_view address);

}  // namespace winnow::domain
