#pragma once

/// @file
/// Why a sign-in by a provider's word is refused: one word for each check, for logs and audit records. The person is
/// told the same of all of them.

#include <array>
#include <cstdint>
#include <expected>
#include <string_view>
#include <utility>

namespace winnow::oidc {

enum class Refusal : std::uint8_t {
    // The way back.
    parameters,  ///< Neither a code nor an error, or both.
    unknown_state,
    other_provider,  ///< The login was begun at another provider, or by another tenant.
    used,
    expired_login,
    binding,           ///< Another browser began it.
    issuer_parameter,  ///< RFC 9207's, or its absence where it was announced.
    denied,            ///< The provider says why, not we.
    // What the provider sends.
    document,      ///< No JSON object, one with a member twice, or without what it must have.
    other_issuer,  ///< The metadata is another issuer's.
    endpoint,      ///< No https URL.
    token_type,
    // The token.
    token,  ///< Not three parts of strict base64url, or too long.
    header,
    critical,  ///< Asks for something that we do not know.
    type,
    algorithm,
    unknown_key,  ///< Fetching keys anew may help.
    ambiguous_key,
    signature,
    // Its claims.
    claims,
    issuer,
    audience,
    authorized_party,
    expired,
    issued_at,
    not_before,
    nonce,
    subject,
    auth_time,
    access_hash,
};

inline constexpr std::array<std::pair<Refusal, std::string_view>, 31> kRefusals{{
    {Refusal::parameters, "parameters"},
    {Refusal::unknown_state, "unknown_state"},
    {Refusal::other_provider, "other_provider"},
    {Refusal::used, "used"},
    {Refusal::expired_login, "expired_login"},
    {Refusal::binding, "binding"},
    {Refusal::issuer_parameter, "issuer_parameter"},
    {Refusal::denied, "denied"},
    {Refusal::document, "document"},
    {Refusal::other_issuer, "other_issuer"},
    {Refusal::endpoint, "endpoint"},
    {Refusal::token_type, "token_type"},
    {Refusal::token, "token"},
    {Refusal::header, "header"},
    {Refusal::critical, "critical"},
    {Refusal::type, "type"},
    {Refusal::algorithm, "algorithm"},
    {Refusal::unknown_key, "unknown_key"},
    {Refusal::ambiguous_key, "ambiguous_key"},
    {Refusal::signature, "signature"},
    {Refusal::claims, "claims"},
    {Refusal::issuer, "issuer"},
    {Refusal::audience, "audience"},
    {Refusal::authorized_party, "authorized_party"},
    {Refusal::expired, "expired"},
    {Refusal::issued_at, "issued_at"},
    {Refusal::not_before, "not_before"},
    {Refusal::nonce, "nonce"},
    {Refusal::subject, "subject"},
    {Refusal::auth_time, "auth_time"},
    {Refusal::access_hash, "access_hash"},
}};

[[nodiscard]] constexpr std::string_view to_string(Refusal refusal) noexcept
{
    for (const auto& [each, word] : kRefusals) {
        if (each == refusal) return word;
    }
    return "token";
}

/// A value, or why it is refused.
template <typename T>
using Judged = std::expected<T, Refusal>;

}  // namespace winnow::oidc
