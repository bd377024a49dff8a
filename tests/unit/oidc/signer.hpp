#pragma once

/// @file
/// A provider's private key, which signs whatever it is told to.

#include "winnow/crypto/digest.hpp"
#include "winnow/oidc/jws.hpp"

#include <nlohmann/json.hpp>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace winnow::oidc {

class Signer {
public:
    explicit Signer(Algorithm algorithm, std::string kid = "k1", std::size_t rsa_bits = 2'048)
        : algorithm_(algorithm), kid_(std::move(kid)), key_(make(algorithm, rsa_bits), &EVP_PKEY_free)
    {
        if (!key_) throw std::runtime_error("no key");
    }

    [[nodiscard]] nlohmann::json jwk() const
    {
        nlohmann::json jwk{{"kid", kid_}, {"use", "sig"}, {"alg", to_string(algorithm_)}};
        switch (algorithm_) {
            case Algorithm::rs256:
            case Algorithm::ps256:
                jwk["kty"] = "RSA";
                jwk["n"] = number(OSSL_PKEY_PARAM_RSA_N, 0);
                jwk["e"] = number(OSSL_PKEY_PARAM_RSA_E, 0);
                break;
            case Algorithm::es256:
            case Algorithm::es384:
                jwk["kty"] = "EC";
                jwk["crv"] = algorithm_ == Algorithm::es256 ? "P-256" : "P-384";
                jwk["x"] = number(OSSL_PKEY_PARAM_EC_PUB_X, half());
                jwk["y"] = number(OSSL_PKEY_PARAM_EC_PUB_Y, half());
                break;
            case Algorithm::eddsa: {
                std::string bytes(32, '\0');
                std::size_t length = bytes.size();
                EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(bytes.data()), &length);
                jwk["kty"] = "OKP";
                jwk["crv"] = "Ed25519";
                jwk["x"] = crypto::to_base64url(bytes);
                break;
            }
        }
        return jwk;
    }

    [[nodiscard]] nlohmann::json header() const { return {{"alg", to_string(algorithm_)}, {"kid", kid_}}; }

    /// As JWS wants it, or (ECDSA) as OpenSSL makes it.
    [[nodiscard]] std::string signature(const std::string& text, bool der = false) const
    {
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
        EVP_PKEY_CTX* of_key = nullptr;
        const EVP_MD* digest = algorithm_ == Algorithm::eddsa   ? nullptr
                               : algorithm_ == Algorithm::es384 ? EVP_sha384()
                                                                : EVP_sha256();
        if (EVP_DigestSignInit(context.get(), &of_key, digest, nullptr, key_.get()) != 1) {
            throw std::runtime_error("cannot begin to sign");
        }
        if (algorithm_ == Algorithm::ps256) {
            EVP_PKEY_CTX_set_rsa_padding(of_key, RSA_PKCS1_PSS_PADDING);
            EVP_PKEY_CTX_set_rsa_pss_saltlen(of_key, RSA_PSS_SALTLEN_DIGEST);
        }
        std::string bytes(2'048, '\0');
        std::size_t length = bytes.size();
        if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(bytes.data()), &length,
                           reinterpret_cast<const unsigned char*>(text.data()), text.size()) != 1) {
            throw std::runtime_error("sign");
        }
        bytes.resize(length);
        return half() == 0 || der ? bytes : side_by_side(bytes);
    }

    /// Three parts, of a header and a payload as they are given.
    [[nodiscard]] std::string sign(const std::string& header, const std::string& payload) const
    {
        const auto text = crypto::to_base64url(header) + "." + crypto::to_base64url(payload);
        return text + "." + crypto::to_base64url(signature(text));
    }
    [[nodiscard]] std::string sign(const std::string& payload) const { return sign(header().dump(), payload); }

private:
    static EVP_PKEY* make(Algorithm algorithm, std::size_t rsa_bits)
    {
        switch (algorithm) {
            case Algorithm::rs256:
            case Algorithm::ps256: return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", rsa_bits);
            case Algorithm::es256: return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
            case Algorithm::es384: return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384");
            case Algorithm::eddsa: return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
        }
        return nullptr;
    }

    /// Bytes of a coordinate; 0: no curve's.
    [[nodiscard]] std::size_t half() const
    {
        if (algorithm_ == Algorithm::es256) return 32;
        return algorithm_ == Algorithm::es384 ? 48 : 0;
    }

    static std::string padded(const BIGNUM* number, std::size_t bytes)
    {
        std::string text(bytes, '\0');
        BN_bn2binpad(number, reinterpret_cast<unsigned char*>(text.data()), static_cast<int>(bytes));
        return text;
    }

    [[nodiscard]] std::string number(const char* name, std::size_t bytes) const
    {
        BIGNUM* number = nullptr;
        if (EVP_PKEY_get_bn_param(key_.get(), name, &number) != 1) throw std::runtime_error(name);
        const auto size = bytes == 0 ? static_cast<std::size_t>(BN_num_bytes(number)) : bytes;
        auto text = crypto::to_base64url(padded(number, size));
        BN_free(number);
        return text;
    }

    [[nodiscard]] std::string side_by_side(const std::string& der) const
    {
        const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
        ECDSA_SIG* both = d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size()));
        auto text = padded(ECDSA_SIG_get0_r(both), half()) + padded(ECDSA_SIG_get0_s(both), half());
        ECDSA_SIG_free(both);
        return text;
    }

    Algorithm algorithm_;
    std::string kid_;
    std::shared_ptr<EVP_PKEY> key_;
};

/// One of each algorithm, made once.
inline const Signer& signer_of(Algorithm algorithm)
{
    static const std::vector<Signer> kSigners{Signer(Algorithm::rs256), Signer(Algorithm::ps256),
                                              Signer(Algorithm::es256), Signer(Algorithm::es384),
                                              Signer(Algorithm::eddsa)};
    return kSigners[static_cast<std::size_t>(algorithm)];
}

inline std::string key_set(const std::vector<nlohmann::json>& keys)
{
    return nlohmann::json{{"keys", keys}}.dump();
}

}  // namespace winnow::oidc
