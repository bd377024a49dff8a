#include "winnow/oidc/claims.hpp"

#include "oidc/strict_json.hpp"
#include "winnow/base/text.hpp"
#include "winnow/crypto/digest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace winnow::oidc {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxEmail = 254;
constexpr std::size_t kMaxName = 200;  // code points

/// A NumericDate: whole seconds, up to the end of the year 9999. nullopt: it is none.
std::optional<Timestamp> time_of(const json& value)
{
    constexpr std::int64_t kLast = 253'402'300'799;
    if (!value.is_number_integer()) return std::nullopt;
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(kLast)) {
        return std::nullopt;
    }
    const auto seconds = value.get<std::int64_t>();
    if (seconds < 0 || seconds > kLast) return std::nullopt;
    return Timestamp{std::chrono::seconds(seconds)};
}

/// Of a member; nullopt where there is none, `refusal` where it is no time.
Judged<std::optional<Timestamp>> time_member(const json& claims, std::string_view name, Refusal refusal)
{
    const auto* const value = member(claims, name);
    if (value == nullptr) return std::optional<Timestamp>();
    const auto time = time_of(*value);
    if (!time) return std::unexpected(refusal);
    return time;
}

/// One text, or an array of nothing but texts. nullopt: it is neither, or too much of it.
std::optional<std::vector<std::string>> texts_of(const json& value, std::size_t most)
{
    std::vector<std::string> texts;
    if (value.is_string()) {
        texts.push_back(value.get<std::string>());
        return texts;
    }
    if (!value.is_array() || value.size() > most) return std::nullopt;
    for (const auto& each : value) {
        if (!each.is_string()) return std::nullopt;
        texts.push_back(each.get<std::string>());
    }
    return texts;
}

Judged<void> judge_audience(const json& claims, const std::string& client_id)
{
    const auto* const value = member(claims, "aud");
    const auto audience = value == nullptr ? std::nullopt : texts_of(*value, kMaxAudiences);
    if (!audience || std::ranges::find(*audience, client_id) == audience->end()) {
        return std::unexpected(Refusal::audience);
    }
    const bool has_party = member(claims, "azp") != nullptr;
    if (!has_party && audience->size() > 1) return std::unexpected(Refusal::authorized_party);
    if (has_party && text_member(claims, "azp") != client_id) return std::unexpected(Refusal::authorized_party);
    return {};
}

Judged<void> judge_times(const json& claims, Timestamp now)
{
    const auto expires = time_member(claims, "exp", Refusal::expired);
    if (!expires) return std::unexpected(expires.error());
    if (!*expires || **expires + kClockSkew <= now) return std::unexpected(Refusal::expired);
    const auto issued = time_member(claims, "iat", Refusal::issued_at);
    if (!issued) return std::unexpected(issued.error());
    if (!*issued || **issued + kOldestIssue < now || **issued > now + kClockSkew) {
        return std::unexpected(Refusal::issued_at);
    }
    const auto begins = time_member(claims, "nbf", Refusal::not_before);
    if (!begins) return std::unexpected(begins.error());
    if (*begins && **begins > now + kClockSkew) return std::unexpected(Refusal::not_before);
    return {};
}

Judged<std::optional<Timestamp>> judge_auth_time(const json& claims, const Expected& expected)
{
    auto proven = time_member(claims, "auth_time", Refusal::auth_time);
    if (!proven) return std::unexpected(proven.error());
    if (*proven && **proven > expected.now + kClockSkew) return std::unexpected(Refusal::auth_time);
    if (expected.proven_since && (!*proven || **proven + kClockSkew < *expected.proven_since)) {
        return std::unexpected(Refusal::auth_time);
    }
    return proven;
}

bool is_subject(const std::string& text) noexcept
{
    constexpr char kFirst = 0x20;
    constexpr char kLast = 0x7e;
    return !text.empty() && text.size() <= kMaxSubject &&
           std::ranges::all_of(text, [](char c) { return kFirst <= c && c <= kLast; });
}

Judged<void> judge_hash(const json& claims, Algorithm algorithm, const std::string& access_token)
{
    if (member(claims, "at_hash") == nullptr) return {};
    const auto shown = text_member(claims, "at_hash");
    if (!shown || access_token.empty() || !crypto::constant_time_equal(*shown, access_hash(algorithm, access_token))) {
        return std::unexpected(Refusal::access_hash);
    }
    return {};
}

/// What is only shown or compared: where it is nothing of use, it is left out.
void read_person(const json& claims, const std::string& values_claim, Identity& identity)
{
    const auto email = text_member(claims, "email");
    if (email && !email->empty() && email->size() <= kMaxEmail && !has_hidden(*email)) identity.email = email;
    const auto* const verified = member(claims, "email_verified");
    identity.email_verified = verified != nullptr && verified->is_boolean() && verified->get<bool>();
    const auto name = text_member(claims, "name");
    if (name && !has_hidden(*name) && count_code_points(*name) <= kMaxName) identity.name = *name;
    identity.acr = text_member(claims, "acr").value_or("");
    if (const auto* const means = member(claims, "amr"); means != nullptr && means->is_array()) {
        identity.amr = texts_of(*means, kMaxAudiences).value_or(std::vector<std::string>());
    }
    const auto* const values = values_claim.empty() ? nullptr : member(claims, values_claim);
    if (values == nullptr) return;
    identity.values = texts_of(*values, kMaxClaimValues).value_or(std::vector<std::string>());
    std::erase_if(identity.values, [](const std::string& value) { return value.size() > kMaxClaimValue; });
}

}  // namespace

std::string access_hash(Algorithm algorithm, const std::string& access_token)
{
    const auto* const digest = algorithm == Algorithm::eddsa   ? EVP_sha512()  // what Ed25519 hashes with
                               : algorithm == Algorithm::es384 ? EVP_sha384()
                                                               : EVP_sha256();
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned length = 0;
    if (EVP_Digest(access_token.data(), access_token.size(), bytes.data(), &length, digest, nullptr) != 1) {
        throw std::runtime_error("SHA-2 is not available");
    }
    return crypto::to_base64url({reinterpret_cast<const char*>(bytes.data()), length / 2});
}

Judged<Identity> judge(const Verified& token, const Expected& expected)
{
    const auto claims = read_object(token.payload, kMaxTokenBytes);
    if (!claims) return std::unexpected(Refusal::claims);
    if (text_member(*claims, "iss") != expected.issuer) return std::unexpected(Refusal::issuer);
    if (const auto good = judge_audience(*claims, expected.client_id); !good) return std::unexpected(good.error());
    if (const auto good = judge_times(*claims, expected.now); !good) return std::unexpected(good.error());
    const auto nonce = text_member(*claims, "nonce");
    if (!nonce || expected.nonce.empty() || !crypto::constant_time_equal(*nonce, expected.nonce)) {
        return std::unexpected(Refusal::nonce);
    }
    auto subject = text_member(*claims, "sub");
    if (!subject || !is_subject(*subject)) return std::unexpected(Refusal::subject);
    const auto proven = judge_auth_time(*claims, expected);
    if (!proven) return std::unexpected(proven.error());
    if (const auto good = judge_hash(*claims, token.algorithm, expected.access_token); !good) {
        return std::unexpected(good.error());
    }
    Identity identity;
    identity.subject = *std::move(subject);
    identity.auth_time = *proven;
    read_person(*claims, expected.values_claim, identity);
    return identity;
}

}  // namespace winnow::oidc
