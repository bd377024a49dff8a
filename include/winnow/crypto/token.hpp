#pragma once

/// @file
/// Secrets that we make and somebody else keeps: tokens of sessions and links, recovery codes, cookies of known
/// browsers. Of the first two only the SHA-256 is stored, which is enough for so many random bits.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::crypto {

/// Something that is shown once, and what is stored of it.
struct SecretText {
    std::string text;
    std::string hash;  ///< SHA-256, 32 bytes.
};

inline constexpr std::size_t kTokenCharacters = 43;  ///< 256 bits in base64url.

/// 256 random bits, for a session or a link.
[[nodiscard]] SecretText make_token();

/// The hash by which it is found; nullopt: it is no token, and nothing needs to be asked for.
[[nodiscard]] std::optional<std::string> token_hash(std::string_view text);

inline constexpr std::size_t kRecoveryCodeCharacters = 26;  ///< 130 bits in base32.

/// Different ones.
[[nodiscard]] std::vector<SecretText> make_recovery_codes(std::size_t count);

/// The hash by which it is found; small letters, blanks and dashes are as people write them down. nullopt: it is none.
[[nodiscard]] std::optional<std::string> recovery_code_hash(std::string_view text);

/// A key for one purpose out of one for several: HMAC-SHA-256 of the purpose's name. 32 bytes.
[[nodiscard]] std::string derive_key(std::string_view key, std::string_view purpose);

/// What tells a browser in which a user has signed in fully before from a stranger's. It signs nobody in.
class DeviceCookies {
public:
    static constexpr std::chrono::milliseconds kLife = std::chrono::days{90};

    /// @param key  32 bytes at least, for this alone (derive_key). Throws std::invalid_argument where it is shorter.
    explicit DeviceCookies(std::string key);

    /// "TIME.RANDOM.MAC", for the cookie's value: no more than 128 characters of base64url, digits and dots.
    [[nodiscard]] std::string make(TenantId tenant, UserId user, Timestamp now) const;

    /// What is random in it, by which its failures are counted (signin::device_subject); nullopt: it is not ours, not
    /// of this user, or older than kLife, or of the future.
    [[nodiscard]] std::optional<std::string> read(std::string_view cookie, TenantId tenant, UserId user,
                                                  Timestamp now) const;

private:
    [[nodiscard]] std::string mac(TenantId tenant, UserId user, std::string_view made_of) const;

    std::string key_;
};

}  // namespace winnow::crypto
