#include "intake/alert_fields.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace winnow::intake {

namespace {

static_assert(std::endian::native == std::endian::little, "lengths are written as they stand in memory");

// One buffer, one hash: the fields of an alert are short.
class TaggedText {
public:
    TaggedText() { text_.reserve(512); }

    void add(char tag, std::string_view bytes)
    {
        const auto begin = text_.size();
        text_.resize_and_overwrite(begin + 9 + bytes.size(), [&](char* out, std::size_t) {
            const std::uint64_t length = bytes.size();
            out[begin] = tag;
            std::memcpy(out + begin + 1, &length, 8);
            std::ranges::copy(bytes, out + begin + 9);
            return begin + 9 + bytes.size();
        });
    }

    [[nodiscard]] const std::string& str() const noexcept { return text_; }

private:
    std::string text_ = "winnow dedup 1\n";
};

std::string_view bytes_of(const IntegrationId& id) noexcept
{
    const auto& bytes = id.value().bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

namespace {

// The first 16 bytes of SHA-256, as 32 hex digits.
std::string half_sha256(std::string_view bytes)
{
    // The direct functions: fetching SHA-256 through EVP costs more than hashing one alert.
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, bytes.data(), bytes.size());
    SHA256_Final(digest.data(), &context);

    constexpr std::string_view kHex = "0123456789abcdef";
    std::string hex(32, '0');
    for (std::size_t i = 0; i < 16; ++i) {
        hex[2 * i] = kHex[digest[i] >> 4U];
        hex[2 * i + 1] = kHex[digest[i] & 0x0FU];
    }
    return hex;
}

}  // namespace

std::string fingerprint(const domain::Alert& alert, const domain::Labels& labels)
{
    TaggedText text;
    text.add('I', bytes_of(alert.integration_id));
    text.add('S', alert.source);
    text.add('C', alert.class_name);
    text.add('T', alert.title);
    for (const auto& [name, value] : labels.entries()) {
        text.add('L', name);
        text.add('V', value);
    }
    return half_sha256(text.str());
}

std::string shorten_key(std::string_view key, std::size_t max_chars)
{
    constexpr std::size_t kHashChars = 33;  // and what parts it from the beginning
    if (fits(key, max_chars)) return std::string(key);
    const auto hash = half_sha256(key);
    if (max_chars < kHashChars + 1) return hash.substr(0, max_chars);
    auto begin = shorten(key, max_chars - kHashChars + 1);
    begin.resize(begin.size() - std::string_view("…").size());
    return begin + "~" + hash;
}

}  // namespace winnow::intake
