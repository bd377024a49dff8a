#pragma once

/// @file
/// Hashes, message authentication and random bytes (OpenSSL 3). Bytes travel in std::string.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace winnow::crypto {

[[nodiscard]] std::string sha256(std::string_view data);  ///< 32 bytes.
/// 20 bytes. Only where others have chosen it: for lists of breached passwords, and below HMAC in one-time codes.
[[nodiscard]] std::string sha1(std::string_view data);
/// 16 bytes. Only where others have chosen it: a body's Content-MD5, which its sender has signed.
[[nodiscard]] std::string md5(std::string_view data);
[[nodiscard]] std::string hmac_sha1(std::string_view key, std::string_view data);
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view data);  ///< 32 bytes.

/// Takes the same time wherever the two differ. Lengths are not secret.
[[nodiscard]] bool constant_time_equal(std::string_view a, std::string_view b) noexcept;

/// Throws std::runtime_error if the system has no randomness to give.
[[nodiscard]] std::string random_bytes(std::size_t count);
[[nodiscard]] std::uint64_t random_u64();

[[nodiscard]] std::string to_hex(std::string_view bytes);
/// Accepts an even number of digits of either case. False where malformed.
[[nodiscard]] bool from_hex(std::string_view text, std::string& bytes);
[[nodiscard]] std::string to_base64(std::string_view bytes);     ///< RFC 4648 §4, padded.
[[nodiscard]] std::string to_base64url(std::string_view bytes);  ///< RFC 4648 §5, unpadded.
[[nodiscard]] std::string to_base32(std::string_view bytes);     ///< RFC 4648 §6, unpadded.
/// Accepts padded standard base64; "" is a valid encoding of nothing. False where malformed.
[[nodiscard]] bool from_base64(std::string_view text, std::string& bytes);

}  // namespace winnow::crypto
