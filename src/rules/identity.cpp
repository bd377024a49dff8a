#include "rules/identity.hpp"

#include "winnow/base/text.hpp"

#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace winnow::rules {

namespace {

constexpr std::size_t kDigestBytes = 16;

std::string digest_of(const std::string& text)
{
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, text.data(), text.size());
    SHA256_Final(digest.data(), &context);
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string hex;
    for (std::size_t i = 0; i < kDigestBytes; ++i) {
        hex += kHex[digest.at(i) >> 4U];
        hex += kHex[digest.at(i) & 0x0FU];
    }
    return hex;
}

}  // namespace

std::string identity_of(const std::vector<Field>& fields, const domain::Alert& alert)
{
    std::string key;
    std::string value;
    for (const auto& field : fields) {
        value.clear();
        const auto kind = append_value(field, alert, value);
        key += std::to_string(field.text.size()) + ":" + field.text + "=";
        key += static_cast<char>(kind);
        if (kind != ValueKind::missing && kind != ValueKind::null) key += std::to_string(value.size()) + ":" + value;
        key += ';';
    }
    return key;
}

std::string bounded_key(std::string key, std::size_t max_chars)
{
    if (count_code_points(key) <= max_chars) return key;
    const auto digest = digest_of(key);
    truncate_chars(key, max_chars - 1 - digest.size());
    return key + "#" + digest;
}

}  // namespace winnow::rules
