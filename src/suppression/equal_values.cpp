#include "suppression/equal_values.hpp"

#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace winnow::suppression {

namespace {

/// Texts begin with a digit, where they are not empty.
std::string digest_of(const std::string& text)
{
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, text.data(), text.size());
    SHA256_Final(digest.data(), &context);
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string key = "sha256:";
    for (const auto byte : digest) {
        key += kHex[byte >> 4U];
        key += kHex[byte & 0x0FU];
    }
    return key;
}

}  // namespace

std::string equal_text(const Suppressions::CompiledInhibition& inhibition, const domain::Alert& alert)
{
    std::string text;
    for (const auto& label : inhibition.equal) {
        const auto value = label.value_in(alert);
        text += std::to_string(value.size()) + ':' + value + ';';
    }
    return text;
}

std::string equal_key(const Suppressions::CompiledInhibition& inhibition, const domain::Alert& alert)
{
    auto text = equal_text(inhibition, alert);
    return text.size() <= kMostKeyBytes ? text : digest_of(text);
}

}  // namespace winnow::suppression
