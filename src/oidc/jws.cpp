#include "winnow/oidc/jws.hpp"

#include "oidc/key.hpp"
#include "oidc/strict_json.hpp"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <utility>

namespace winnow::oidc {

namespace {

using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

constexpr std::size_t kEs256Bytes = 64;
constexpr std::size_t kEs384Bytes = 96;
constexpr std::size_t kEd25519Bytes = 64;

const unsigned char* as_bytes(std::string_view bytes) noexcept
{
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

struct Parts {
    std::string header;
    std::string payload;
    std::string signature;
    std::string_view signed_text;  ///< Header and payload as they came, with the dot between them.
};

Judged<Parts> split(std::string_view token)
{
    constexpr std::size_t kMaxHeaderText = (kMaxHeaderBytes * 4 + 2) / 3;
    if (token.size() > kMaxTokenBytes) return std::unexpected(Refusal::token);
    const auto first = token.find('.');
    const auto last = token.rfind('.');
    if (first == std::string_view::npos || first == last || token.find('.', first + 1) != last) {
        return std::unexpected(Refusal::token);
    }
    if (first > kMaxHeaderText) return std::unexpected(Refusal::header);
    auto header = from_base64url(token.substr(0, first));
    auto payload = from_base64url(token.substr(first + 1, last - first - 1));
    auto signature = from_base64url(token.substr(last + 1));
    if (!header || !payload || !signature) return std::unexpected(Refusal::token);
    return Parts{.header = *std::move(header),
                 .payload = *std::move(payload),
                 .signature = *std::move(signature),
                 .signed_text = token.substr(0, last)};
}

struct Header {
    Algorithm algorithm = Algorithm::rs256;
    std::optional<std::string> kid;
};

/// Members that name a key or where it lies (jku, jwk, x5u, x5c) are left alone: only the provider's set counts.
Judged<Header> read_header(std::string_view text, std::span<const Algorithm> allowed)
{
    const auto document = read_object(text, kMaxHeaderBytes);
    if (!document) return std::unexpected(Refusal::header);
    if (member(*document, "crit") != nullptr) return std::unexpected(Refusal::critical);
    if (member(*document, "typ") != nullptr && text_member(*document, "typ") != "JWT") {
        return std::unexpected(Refusal::type);
    }
    const auto algorithm = parse_algorithm(text_member(*document, "alg").value_or(""));
    if (!algorithm || std::ranges::find(allowed, *algorithm) == allowed.end()) {
        return std::unexpected(Refusal::algorithm);
    }
    Header header;
    header.algorithm = *algorithm;
    if (member(*document, "kid") != nullptr) {
        header.kid = text_member(*document, "kid");
        if (!header.kid || header.kid->size() > kMaxKid) return std::unexpected(Refusal::header);
    }
    return header;
}

const EVP_MD* digest_of(Algorithm algorithm) noexcept
{
    switch (algorithm) {
        case Algorithm::rs256:
        case Algorithm::ps256:
        case Algorithm::es256: return EVP_sha256();
        case Algorithm::es384: return EVP_sha384();
        case Algorithm::eddsa: break;  // has its own
    }
    return nullptr;
}

/// JWS puts r and s side by side, in all of their bytes; OpenSSL wants them in DER. "" where there is no memory.
std::string der_of(std::string_view signature)
{
    const auto half = signature.size() / 2;
    const auto number = [](std::string_view bytes) {
        return Number(BN_bin2bn(as_bytes(bytes), static_cast<int>(bytes.size()), nullptr), &BN_free);
    };
    auto r = number(signature.substr(0, half));
    auto s = number(signature.substr(half));
    const EcdsaSignature both(ECDSA_SIG_new(), &ECDSA_SIG_free);
    if (!r || !s || !both || ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return {};
    static_cast<void>(r.release());  // both are its own now
    static_cast<void>(s.release());
    unsigned char* bytes = nullptr;
    const int length = i2d_ECDSA_SIG(both.get(), &bytes);
    if (length <= 0) return {};
    std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
    OPENSSL_free(bytes);
    return der;
}

bool has_length(const KeySet::Key& key, Algorithm algorithm, std::size_t length) noexcept
{
    switch (algorithm) {
        case Algorithm::rs256:
        case Algorithm::ps256: return length == static_cast<std::size_t>(EVP_PKEY_get_size(key.pkey.get()));
        case Algorithm::es256: return length == kEs256Bytes;
        case Algorithm::es384: return length == kEs384Bytes;
        case Algorithm::eddsa: return length == kEd25519Bytes;
    }
    return false;
}

bool set_padding(EVP_PKEY_CTX* context, Algorithm algorithm) noexcept
{
    if (algorithm != Algorithm::ps256) return true;  // PKCS #1 v1.5 is what RSA has by itself
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

bool holds(const KeySet::Key& key, Algorithm algorithm, std::string_view text, std::string signature)
{
    if (!has_length(key, algorithm, signature.size())) return false;
    if (algorithm == Algorithm::es256 || algorithm == Algorithm::es384) signature = der_of(signature);
    const DigestContext context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    EVP_PKEY_CTX* of_key = nullptr;  // context's
    const bool good =
        context && EVP_DigestVerifyInit(context.get(), &of_key, digest_of(algorithm), nullptr, key.pkey.get()) == 1 &&
        set_padding(of_key, algorithm) &&
        EVP_DigestVerify(context.get(), as_bytes(signature), signature.size(), as_bytes(text), text.size()) == 1;
    ERR_clear_error();
    return good;
}

}  // namespace

std::string_view to_string(Algorithm algorithm) noexcept
{
    switch (algorithm) {
        case Algorithm::rs256: return "RS256";
        case Algorithm::ps256: return "PS256";
        case Algorithm::es256: return "ES256";
        case Algorithm::es384: return "ES384";
        case Algorithm::eddsa: return "EdDSA";
    }
    return "RS256";
}

std::optional<Algorithm> parse_algorithm(std::string_view word) noexcept
{
    for (const auto algorithm : kAlgorithms) {
        if (word == to_string(algorithm)) return algorithm;
    }
    return std::nullopt;
}

Judged<KeySet> KeySet::read(std::string_view json)
{
    const auto document = read_object(json, kMaxKeySetBytes);
    if (!document) return std::unexpected(Refusal::document);
    const auto* const keys = member(*document, "keys");
    if (keys == nullptr || !keys->is_array() || keys->size() > kMaxKeys) return std::unexpected(Refusal::document);
    KeySet set;
    for (const auto& jwk : *keys) {
        if (auto key = read_key(jwk)) set.keys_.push_back(std::move(key));
    }
    return set;
}

Judged<std::shared_ptr<const KeySet::Key>> KeySet::find(Algorithm algorithm,
                                                        const std::optional<std::string>& kid) const
{
    std::shared_ptr<const Key> found;
    for (const auto& key : keys_) {
        if (!fits(key->kind, algorithm) || (key->algorithm && key->algorithm != algorithm)) continue;
        if (kid && key->kid != kid) continue;
        if (found) return std::unexpected(Refusal::ambiguous_key);
        found = key;
    }
    if (!found) return std::unexpected(Refusal::unknown_key);
    return found;
}

Judged<Verified> verify(std::string_view token, const KeySet& keys, std::span<const Algorithm> allowed)
{
    auto parts = split(token);
    if (!parts) return std::unexpected(parts.error());
    const auto header = read_header(parts->header, allowed);
    if (!header) return std::unexpected(header.error());
    const auto key = keys.find(header->algorithm, header->kid);
    if (!key) return std::unexpected(key.error());
    if (!holds(**key, header->algorithm, parts->signed_text, std::move(parts->signature))) {
        return std::unexpected(Refusal::signature);
    }
    return Verified{.payload = std::move(parts->payload), .algorithm = header->algorithm};
}

}  // namespace winnow::oidc
