#include "winnow/domain/noise_key.hpp"

#include "winnow/base/text.hpp"
#include "winnow/domain/sha256_hex.hpp"

namespace winnow::domain {

std::string noise_key(std::string_view name)
{
    if (name.size() <= kMaxNoiseKeyBytes) return std::string(name);
    constexpr std::size_t kHashed = 16;  // bytes, of which each is two digits
    std::string key(truncate_utf8(name, kMaxNoiseKeyBytes - 1 - 2 * kHashed));
    return key + '~' + sha256_hex(name, kHashed);
}

}  // namespace winnow::domain
