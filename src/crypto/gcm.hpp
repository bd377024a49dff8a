#pragma once

/// @file
/// AES-256-GCM with a random nonce. Private to crypto.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::crypto {

inline constexpr std::size_t kKeyBytes = 32;
inline constexpr std::size_t kNonceBytes = 12;
inline constexpr std::size_t kTagBytes = 16;

/// Appends nonce | ciphertext | tag to `to`. Throws std::runtime_error where OpenSSL refuses.
void append_gcm(std::string& to, std::string_view key, std::string_view bound_to, std::string_view plain);

/// What append_gcm() appended; nullopt where it was altered, is bound to something else, or was made by another key.
[[nodiscard]] std::optional<std::string> open_gcm(std::string_view key, std::string_view bound_to,
                                                  std::string_view sealed);

}  // namespace winnow::crypto
