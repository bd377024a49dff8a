#pragma once

/// @file
/// A digest that stands for a text in keys. Not for secrets.

#include <cstddef>
#include <string>
#include <string_view>

namespace winnow::domain {

/// The first `bytes` of the text's SHA-256 (all 32 of them by default), as twice as many small hexadecimal digits.
[[nodiscard]] std::string sha256_hex(std::string_view text, std::size_t bytes = 32);

}  // namespace winnow::domain
