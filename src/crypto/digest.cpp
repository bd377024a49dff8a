#include "winnow/crypto/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace winnow::crypto {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kDigestBytes = 32;

using Digest = std::array<unsigned char, kDigestBytes>;

const unsigned char* as_bytes(std::string_view text) noexcept
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string to_string(const Digest& digest)
{
    return {digest.begin(), digest.end()};
}

struct Free {
    void operator()(EVP_MD* method) const noexcept { EVP_MD_free(method); }
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

/// What EVP_sha256() stands for, looked up once: with each digest that costs twice as much as hashing a key does.
const EVP_MD* sha256_method()
{
    static const std::unique_ptr<EVP_MD, Free> method(EVP_MD_fetch(nullptr, "SHA256", nullptr));
    return method.get();
}

}  // namespace

std::string sha256(std::string_view data)
{
    static thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
    Digest digest{};
    unsigned int length = 0;
    if (!context || EVP_DigestInit_ex2(context.get(), sha256_method(), nullptr) != 1 ||
        EVP_DigestUpdate(context.get(), data.data(), data.size()) != 1 ||
        EVP_DigestFinal_ex(context.get(), digest.data(), &length) != 1) {
        throw std::runtime_error("SHA-256 is not available");
    }
    return to_string(digest);
}

std::string hmac_sha256(std::string_view key, std::string_view data)
{
    Digest digest{};
    unsigned int length = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), as_bytes(data), data.size(), digest.data(),
             &length) == nullptr) {
        throw std::runtime_error("HMAC-SHA-256 is not available");
    }
    return to_string(digest);
}

std::string sha1(std::string_view data)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    if (EVP_Digest(data.data(), data.size(), digest.data(), &length, EVP_sha1(), nullptr) != 1) {
        throw std::runtime_error("SHA-1 is not available");
    }
    return {digest.begin(), digest.begin() + length};
}

std::string md5(std::string_view data)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    if (EVP_Digest(data.data(), data.size(), digest.data(), &length, EVP_md5(), nullptr) != 1) {
        throw std::runtime_error("MD5 is not available");
    }
    return {digest.begin(), digest.begin() + length};
}

std::string hmac_sha1(std::string_view key, std::string_view data)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    if (HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), as_bytes(data), data.size(), digest.data(),
             &length) == nullptr) {
        throw std::runtime_error("HMAC-SHA-1 is not available");
    }
    return {digest.begin(), digest.begin() + length};
}

bool constant_time_equal(std::string_view a, std::string_view b) noexcept
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_bytes(std::size_t count)
{
    std::string bytes(count, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
        throw std::runtime_error("the system has no randomness to give");
    }
    return bytes;
}

std::uint64_t random_u64()
{
    const auto bytes = random_bytes(sizeof(std::uint64_t));
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

std::string to_hex(std::string_view bytes)
{
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += kHexDigits[byte >> 4U];
        text += kHexDigits[byte & 0x0FU];
    }
    return text;
}

bool from_hex(std::string_view text, std::string& bytes)
{
    bytes.clear();
    if (text.size() % 2 != 0) return false;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        constexpr int kBase = 16;
        unsigned value = 0;
        const auto [end, wrong] = std::from_chars(text.data() + i, text.data() + i + 2, value, kBase);
        if (wrong != std::errc() || end != text.data() + i + 2) return false;
        bytes += static_cast<char>(value);
    }
    return true;
}

std::string to_base64(std::string_view bytes)
{
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends with a zero byte
    const auto length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), as_bytes(bytes), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

std::string to_base64url(std::string_view bytes)
{
    auto text = to_base64(bytes);
    while (text.ends_with('=')) text.pop_back();
    for (auto& c : text) {
        if (c == '+') c = '-';
        if (c == '/') c = '_';
    }
    return text;
}

std::string to_base32(std::string_view bytes)
{
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    constexpr unsigned kBits = 5;
    constexpr unsigned kMask = 31;
    std::string text;
    text.reserve((bytes.size() * 8 + kBits - 1) / kBits);
    unsigned held = 0;  // bits that make no digit yet
    unsigned count = 0;
    for (const char c : bytes) {
        held = (held << 8U) | static_cast<unsigned char>(c);
        count += 8;
        while (count >= kBits) {
            count -= kBits;
            text += kDigits[(held >> count) & kMask];
        }
        held &= (1U << count) - 1;
    }
    if (count > 0) text += kDigits[(held << (kBits - count)) & kMask];
    return text;
}

bool from_base64(std::string_view text, std::string& bytes)
{
    bytes.clear();
    if (text.size() % 4 != 0) return false;
    if (text.empty()) return true;
    // EVP_DecodeBlock skips white space at the ends; an encoding has none.
    if (text.find_first_of(" \t\r\n") != std::string_view::npos) return false;
    const std::size_t padding = text.ends_with("==") ? 2 : (text.ends_with('=') ? 1 : 0);
    if (text.find('=') < text.size() - padding) return false;
    std::string decoded(text.size() / 4 * 3, '\0');
    const auto length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()), as_bytes(text),
                                        static_cast<int>(text.size()));
    if (length < 0) return false;
    decoded.resize(static_cast<std::size_t>(length) - padding);
    bytes = std::move(decoded);
    return true;
}

}  // namespace winnow::crypto
