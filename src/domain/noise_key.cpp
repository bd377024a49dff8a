#include "winnow/domain/noise_key.hpp"

#include "winnow/base/text.hpp"

#include <openssl/sha.h>

#include <array>

namespace winnow::domain {

std::string noise_key(std::string_view name)
{
    if (name.size() <= kMaxNoiseKeyBytes) return std::string(name);
    constexpr std::size_t kHashed = 16;  // bytes, of which each is two digits
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(name.data()), name.size(), digest.data());  // NOLINT: its bytes
    std::string key(truncate_utf8(name, kMaxNoiseKeyBytes - 1 - 2 * kHashed));
    key += '~';
    constexpr std::string_view kHex = "0123456789abcdef";
    for (std::size_t i = 0; i < kHashed; ++i) {
        key += kHex[digest.at(i) >> 4U];
        key += kHex[digest.at(i) & 0x0FU];
    }
    return key;
}

}  // namespace winnow::domain
