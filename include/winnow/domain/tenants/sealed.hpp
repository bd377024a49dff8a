#pragma once

/// @file
/// Secrets at rest, as far as they have nothing to do with how they are sealed: what they are for, and what binds each
/// to its place.

#include "winnow/base/uuid.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::domain {

/// What a secret is for. Each has a key of its own, which is derived from the tenant's.
enum class SecretKind : std::uint8_t { credential, webhook, totp, oidc, access_key };

/// The words are part of how keys are derived: what was sealed cannot be opened under another one.
inline constexpr std::array kSecretKinds{
    std::pair{SecretKind::credential, std::string_view("credential")},
    std::pair{SecretKind::webhook, std::string_view("webhook")},
    std::pair{SecretKind::totp, std::string_view("totp")},
    std::pair{SecretKind::oidc, std::string_view("oidc")},
    std::pair{SecretKind::access_key, std::string_view("access_key")},
};

[[nodiscard]] std::string_view to_string(SecretKind kind) noexcept;

/// Of a tenant's key: 1 and up, each new one the next number. Never used twice.
using KeyVersion = std::uint32_t;

/// Where a secret is stored, and what it is for.
struct SealedPlace {
    TenantId tenant;
    SecretKind kind = SecretKind::credential;
    std::string_view
        table;  ///< Of the database; static, like the next one. A sealed value is bound to both: no renaming.
    std::string_view column;
    std::string row;     ///< What names the row within its tenant, and the value within the row.
    std::string before;  ///< What values of format 1, which know no places, are bound to in this one.
};

/// What a value of format 2 is bound to, so that it opens in its own place and under its own version only: tenant (16
/// bytes) | table | column | row | version (32 bits, high byte first), each behind its length (16 bits, high byte
/// first). Throws std::length_error where a part is longer than that can say.
[[nodiscard]] std::string sealed_binding(const SealedPlace& place, KeyVersion version);

}  // namespace winnow::domain
