#include "winnow/domain/sha256_hex.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace winnow::domain {

std::string sha256_hex(std::string_view text, std::size_t bytes)
{
    // The direct functions: fetching SHA-256 through EVP costs more than hashing one alert.
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, text.data(), text.size());
    SHA256_Final(digest.data(), &context);

    constexpr std::string_view kHex = "0123456789abcdef";
    const auto taken = std::min(bytes, digest.size());
    std::string hex(2 * taken, '0');
    for (std::size_t i = 0; i < taken; ++i) {
        hex[2 * i] = kHex[digest[i] >> 4U];
        hex[2 * i + 1] = kHex[digest[i] & 0x0FU];
    }
    return hex;
}

}  // namespace winnow::domain
