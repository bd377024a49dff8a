#pragma once

/// @file
/// AES-128 of one block, under a key that is given. Arithmetic, by OpenSSL. Private to domain.

#include <array>
#include <cstdint>

namespace winnow::domain {

using AesBlock = std::array<std::uint8_t, 16>;

/// Each thread keeps what OpenSSL made of the key that it used last: a block takes some 15 ns, another key 100 more.
/// Throws std::runtime_error where OpenSSL has no AES, or no memory for it.
[[nodiscard]] AesBlock aes_of(const AesBlock& key, const AesBlock& block);

}  // namespace winnow::domain
