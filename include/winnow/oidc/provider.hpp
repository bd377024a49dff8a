#pragma once

/// @file
/// What a provider tells of itself (OpenID Connect Discovery 1.0), and what its token endpoint answers. No I/O.

#include "winnow/oidc/refusal.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::oidc {

inline constexpr std::size_t kMaxMetadataBytes = 65'536;
inline constexpr std::size_t kMaxTokenAnswerBytes = 262'144;
inline constexpr std::size_t kMaxUrl = 2'000;

/// What is wrong with a provider's URL, in words that follow its name; "" if nothing. It is https, with a host and no
/// one's name or password; without a fragment.
[[nodiscard]] std::string problem_of_endpoint(std::string_view url);

/// The same of an issuer, which has no query either.
[[nodiscard]] std::string problem_of_issuer(std::string_view issuer);

/// Where an issuer's metadata lie.
[[nodiscard]] std::string metadata_url(std::string_view issuer);

struct Metadata {
    std::string issuer;
    std::string authorization_endpoint;
    std::string token_endpoint;
    std::string jwks_uri;
    bool announces_issuer = false;  ///< RFC 9207: every way back names it.
};

/// @param issuer  As it is configured: another one in the document is refused, by a slash at its end, too.
[[nodiscard]] Judged<Metadata> read_metadata(std::string_view json, std::string_view issuer);

/// Of the token endpoint: what else it holds (refresh tokens) is not kept for a moment.
struct TokenAnswer {
    std::string id_token;
    std::string access_token;  ///< For at_hash alone.
};
[[nodiscard]] Judged<TokenAnswer> read_token_answer(std::string_view json);

}  // namespace winnow::oidc
