#pragma once

/// @file
/// What an ID token must say (OpenID Connect Core 1.0, 3.1.3.7), after its signature was verified. Pure: the time is an
/// argument.

#include "winnow/base/time.hpp"
#include "winnow/oidc/jws.hpp"
#include "winnow/oidc/refusal.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace winnow::oidc {

inline constexpr std::chrono::milliseconds kClockSkew = std::chrono::seconds{60};
inline constexpr std::chrono::milliseconds kOldestIssue = std::chrono::minutes{10};
inline constexpr std::size_t kMaxSubject = 255;
inline constexpr std::size_t kMaxAudiences = 32;
inline constexpr std::size_t kMaxClaimValues = 1'000;
inline constexpr std::size_t kMaxClaimValue = 256;  ///< Bytes.

/// What is known of the login that the token is for.
struct Expected {
    std::string issuer;  ///< As it is configured; compared byte for byte.
    std::string client_id;
    std::string nonce;
    std::string access_token = {};  ///< That came along; "" where none did.
    Timestamp now;
    /// Asked with max_age: nobody may have proven it before. nullopt: it was not asked.
    std::optional<Timestamp> proven_since = {};
    std::string values_claim = {};  ///< Whose values decide on the role; "": none does.
};

/// Who the provider says it is.
struct Identity {
    std::string subject;
    std::optional<std::string> email = {};
    bool email_verified = false;
    std::string name = {};              ///< "" where it says none that can be shown.
    std::vector<std::string> amr = {};  ///< How it was proven (RFC 8176).
    std::string acr = {};
    std::optional<Timestamp> auth_time = {};
    std::vector<std::string> values = {};  ///< Of Expected::values_claim.
};

[[nodiscard]] Judged<Identity> judge(const Verified& token, const Expected& expected);

/// The left half of the algorithm's digest of an access token (3.1.3.6), in base64url.
[[nodiscard]] std::string access_hash(Algorithm algorithm, const std::string& access_token);

}  // namespace winnow::oidc
