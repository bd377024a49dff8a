#pragma once

/// @file
/// A public key as OpenSSL holds it.

#include "winnow/oidc/jws.hpp"

#include <nlohmann/json_fwd.hpp>
#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace winnow::oidc {

inline constexpr std::size_t kMaxKid = 256;

enum class KeyKind : std::uint8_t { rsa, p256, p384, ed25519 };

struct KeySet::Key {
    KeyKind kind = KeyKind::rsa;
    std::optional<std::string> kid;
    std::optional<Algorithm> algorithm;  ///< The only one that it is for; nullopt: any that fits.
    std::shared_ptr<EVP_PKEY> pkey;
};

/// Whether keys of the kind sign by the algorithm.
[[nodiscard]] bool fits(KeyKind kind, Algorithm algorithm) noexcept;

/// Of one JWK; null: it signs nothing for us.
[[nodiscard]] std::shared_ptr<const KeySet::Key> read_key(const nlohmann::json& jwk);

}  // namespace winnow::oidc
