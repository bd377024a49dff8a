#include "winnow/crypto/token.hpp"

#include "winnow/crypto/digest.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <utility>

namespace winnow::crypto {

namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr std::size_t kRecoveryBytes = 17;  // 136 bits, of which 26 characters take the first 130
constexpr std::size_t kDeviceBytes = 16;
constexpr std::size_t kLeastKey = 32;
constexpr std::size_t kLongestCookie = 128;

bool is_base64url(char c) noexcept
{
    return ('0' <= c && c <= '9') || ('A' <= c && c <= 'Z') || ('a' <= c && c <= 'z') || c == '-' || c == '_';
}

bool is_base32(char c) noexcept
{
    return ('A' <= c && c <= 'Z') || ('2' <= c && c <= '7');
}

SecretText with_hash(std::string text)
{
    auto hash = sha256(text);
    return {.text = std::move(text), .hash = std::move(hash)};
}

std::string_view bytes_of(const Uuid& id) noexcept
{
    return {reinterpret_cast<const char*>(id.bytes().data()), id.bytes().size()};
}

/// The parts of a device cookie; nullopt: it has others.
struct DeviceParts {
    std::string_view made_of;  ///< Time and random part, with the dot between them.
    std::int64_t made_at = 0;  ///< Seconds since 1970.
    std::string_view random;
    std::string_view mac;
};

std::optional<DeviceParts> parts_of(std::string_view cookie)
{
    if (cookie.size() > kLongestCookie) return std::nullopt;
    const auto first = cookie.find('.');
    const auto last = cookie.rfind('.');
    if (first == std::string_view::npos || first == last) return std::nullopt;
    DeviceParts parts;
    parts.made_of = cookie.substr(0, last);
    parts.random = cookie.substr(first + 1, last - first - 1);
    parts.mac = cookie.substr(last + 1);
    const auto time = cookie.substr(0, first);
    const auto [end, wrong] = std::from_chars(time.data(), time.data() + time.size(), parts.made_at);
    if (wrong != std::errc() || end != time.data() + time.size()) return std::nullopt;
    return parts;
}

}  // namespace

SecretText make_token()
{
    return with_hash(to_base64url(random_bytes(kTokenBytes)));
}

std::optional<std::string> token_hash(std::string_view text)
{
    if (text.size() != kTokenCharacters || !std::ranges::all_of(text, is_base64url)) return std::nullopt;
    return sha256(text);
}

std::vector<SecretText> make_recovery_codes(std::size_t count)
{
    std::set<std::string> texts;
    while (texts.size() < count) {
        texts.insert(to_base32(random_bytes(kRecoveryBytes)).substr(0, kRecoveryCodeCharacters));
    }
    std::vector<SecretText> codes;
    codes.reserve(count);
    for (const auto& text : texts) codes.push_back(with_hash(text));
    return codes;
}

std::optional<std::string> recovery_code_hash(std::string_view text)
{
    constexpr std::size_t kLongestWritten = 128;
    if (text.size() > kLongestWritten) return std::nullopt;
    std::string code;
    for (const char c : text) {
        if (c == ' ' || c == '-') continue;
        code += 'a' <= c && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    if (code.size() != kRecoveryCodeCharacters || !std::ranges::all_of(code, is_base32)) return std::nullopt;
    return sha256(code);
}

std::string derive_key(std::string_view key, std::string_view purpose)
{
    return hmac_sha256(key, purpose);
}

DeviceCookies::DeviceCookies(std::string key) : key_(std::move(key))
{
    if (key_.size() < kLeastKey) throw std::invalid_argument("the key of device cookies is too short");
}

std::string DeviceCookies::mac(TenantId tenant, UserId user, std::string_view made_of) const
{
    // The ids have one length, so that no other tenant and user give the same text.
    std::string text = "winnow-device/1";
    text += bytes_of(tenant.value());
    text += bytes_of(user.value());
    text += made_of;
    return to_base64url(hmac_sha256(key_, text));
}

std::string DeviceCookies::make(TenantId tenant, UserId user, Timestamp now) const
{
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
    const auto made_of = std::to_string(seconds) + "." + to_base64url(random_bytes(kDeviceBytes));
    return made_of + "." + mac(tenant, user, made_of);
}

std::optional<std::string> DeviceCookies::read(std::string_view cookie, TenantId tenant, UserId user,
                                               Timestamp now) const
{
    const auto parts = parts_of(cookie);
    if (!parts || !constant_time_equal(parts->mac, mac(tenant, user, parts->made_of))) return std::nullopt;
    const Timestamp made_at{std::chrono::seconds(parts->made_at)};  // ours, as the MAC says
    if (now < made_at || now >= made_at + kLife) return std::nullopt;
    return std::string(parts->random);
}

}  // namespace winnow::crypto
