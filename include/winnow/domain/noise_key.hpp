#pragma once

/// @file
/// What a source or service is counted under.

#include <cstddef>
#include <string>
#include <string_view>

namespace winnow::domain {

/// The name itself, or, where it is longer than this, its beginning up to the end of a character, '~', and 32 hex
/// digits of its SHA-256: an index takes it whatever the sender wrote. `noise_key()` in the database does the same.
inline constexpr std::size_t kMaxNoiseKeyBytes = 256;
[[nodiscard]] std::string noise_key(std::string_view name);

}  // namespace winnow::domain
