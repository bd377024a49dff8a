#include "oidc/key.hpp"

#include "oidc/strict_json.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <cstddef>
#include <string_view>
#include <utility>

namespace winnow::oidc {

namespace {

using nlohmann::json;
using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)>;
using Parameters = std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)>;
using Context = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;
using Pkey = std::shared_ptr<EVP_PKEY>;

constexpr std::size_t kMaxModulusBytes = kMostRsaBits / 8;
constexpr std::size_t kMaxExponentBytes = 8;
constexpr std::size_t kP256Bytes = 32;
constexpr std::size_t kP384Bytes = 48;
constexpr std::size_t kEd25519Bytes = 32;

const unsigned char* as_bytes(const std::string& bytes) noexcept
{
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

/// Bytes of a member in base64url; "" where it has none.
std::string bytes_of(const json& jwk, std::string_view name)
{
    const auto text = text_member(jwk, name);
    return text ? from_base64url(*text).value_or("") : std::string();
}

/// Null where OpenSSL refuses: a point that is on no curve, say.
Pkey made_of(const char* type, OSSL_PARAM_BLD* builder)
{
    const Parameters parameters(OSSL_PARAM_BLD_to_param(builder), &OSSL_PARAM_free);
    const Context context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr), &EVP_PKEY_CTX_free);
    EVP_PKEY* made = nullptr;
    const bool good = parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
                      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) == 1;
    ERR_clear_error();
    return good ? Pkey(made, &EVP_PKEY_free) : Pkey();
}

Number number_of(const std::string& bytes)
{
    return {BN_bin2bn(as_bytes(bytes), static_cast<int>(bytes.size()), nullptr), &BN_free};
}

Pkey rsa_key(const json& jwk)
{
    const auto modulus = bytes_of(jwk, "n");
    const auto exponent = bytes_of(jwk, "e");
    if (modulus.size() > kMaxModulusBytes || exponent.empty() || exponent.size() > kMaxExponentBytes) return nullptr;
    const auto n = number_of(modulus);
    const auto e = number_of(exponent);
    if (!n || !e) return nullptr;
    const int bits = BN_num_bits(n.get());
    if (bits < kLeastRsaBits || bits > kMostRsaBits) return nullptr;
    // Under the exponent 1 every text is its own signature.
    if (BN_is_odd(n.get()) == 0 || BN_is_odd(e.get()) == 0 || BN_is_one(e.get()) != 0) return nullptr;
    const Builder builder(OSSL_PARAM_BLD_new(), &OSSL_PARAM_BLD_free);
    if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
        return nullptr;
    }
    return made_of("RSA", builder.get());
}

Pkey curve_key(const json& jwk, const char* group, std::size_t bytes)
{
    const auto x = bytes_of(jwk, "x");
    const auto y = bytes_of(jwk, "y");
    if (x.size() != bytes || y.size() != bytes) return nullptr;
    const auto point = '\x04' + x + y;  // SEC 1, uncompressed
    const Builder builder(OSSL_PARAM_BLD_new(), &OSSL_PARAM_BLD_free);
    if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1) {
        return nullptr;
    }
    return made_of("EC", builder.get());
}

Pkey edwards_key(const json& jwk)
{
    const auto x = bytes_of(jwk, "x");
    if (x.size() != kEd25519Bytes) return nullptr;
    const Pkey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, as_bytes(x), x.size()), &EVP_PKEY_free);
    ERR_clear_error();
    return key;
}

std::optional<KeyKind> kind_of(const json& jwk)
{
    const auto type = text_member(jwk, "kty");
    const auto curve = text_member(jwk, "crv");
    if (type == "RSA") return KeyKind::rsa;
    if (type == "EC" && curve == "P-256") return KeyKind::p256;
    if (type == "EC" && curve == "P-384") return KeyKind::p384;
    if (type == "OKP" && curve == "Ed25519") return KeyKind::ed25519;
    return std::nullopt;
}

Pkey pkey_of(KeyKind kind, const json& jwk)
{
    switch (kind) {
        case KeyKind::rsa: return rsa_key(jwk);
        case KeyKind::p256: return curve_key(jwk, "P-256", kP256Bytes);
        case KeyKind::p384: return curve_key(jwk, "P-384", kP384Bytes);
        case KeyKind::ed25519: return edwards_key(jwk);
    }
    return nullptr;
}

/// Whether it says itself that it is for checking signatures, or says nothing.
bool verifies(const json& jwk)
{
    if (member(jwk, "use") != nullptr && text_member(jwk, "use") != "sig") return false;
    const auto* const operations = member(jwk, "key_ops");
    if (operations == nullptr) return true;
    if (!operations->is_array()) return false;
    for (const auto& each : *operations) {
        if (each.is_string() && each.get<std::string>() == "verify") return true;
    }
    return false;
}

}  // namespace

bool fits(KeyKind kind, Algorithm algorithm) noexcept
{
    switch (algorithm) {
        case Algorithm::rs256:
        case Algorithm::ps256: return kind == KeyKind::rsa;
        case Algorithm::es256: return kind == KeyKind::p256;
        case Algorithm::es384: return kind == KeyKind::p384;
        case Algorithm::eddsa: return kind == KeyKind::ed25519;
    }
    return false;
}

std::shared_ptr<const KeySet::Key> read_key(const json& jwk)
{
    if (!jwk.is_object() || !verifies(jwk)) return nullptr;
    const auto kind = kind_of(jwk);
    if (!kind) return nullptr;
    KeySet::Key key;
    key.kind = *kind;
    if (member(jwk, "alg") != nullptr) {
        key.algorithm = parse_algorithm(text_member(jwk, "alg").value_or(""));
        if (!key.algorithm || !fits(*kind, *key.algorithm)) return nullptr;
    }
    if (member(jwk, "kid") != nullptr) {
        key.kid = text_member(jwk, "kid");
        if (!key.kid || key.kid->size() > kMaxKid) return nullptr;
    }
    key.pkey = pkey_of(*kind, jwk);
    if (!key.pkey) return nullptr;
    return std::make_shared<const KeySet::Key>(std::move(key));
}

}  // namespace winnow::oidc
