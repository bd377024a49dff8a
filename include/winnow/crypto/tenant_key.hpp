#pragma once

/// @file
/// Keys of the vault: a tenant's, under which its secrets are sealed (format 2), and the root key, under which those
/// are wrapped. docs/security/cryptography.md has both formats byte by byte.

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/crypto/secret_bytes.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::crypto {

/// HKDF-SHA-256 (RFC 5869) without salt: 32 bytes.
[[nodiscard]] SecretBytes derive_key(std::string_view key, std::string_view info);

/// Under which version of its tenant's key a value of format 2 was sealed; nullopt of anything else.
[[nodiscard]] std::optional<std::uint32_t> key_version_of(std::string_view sealed) noexcept;

/// One version of a tenant's key. Immutable, and so thread-safe.
class TenantKey {
public:
    /// A fresh one. Throws std::runtime_error if the system has no randomness to give.
    [[nodiscard]] static TenantKey make(std::uint32_t version);

    [[nodiscard]] std::uint32_t version() const noexcept { return version_; }

    /// 0x02 | version (32 bits, high byte first) | 12-byte nonce | ciphertext | 16-byte tag, under the key derived for
    /// `kind`. `binding` is authenticated (domain::sealed_binding()).
    [[nodiscard]] std::string seal(std::string_view secret, std::string_view kind, std::string_view binding) const;

    /// `internal` where the value was altered, moved, is of another format, or was sealed under another key or version.
    [[nodiscard]] Result<std::string> open(std::string_view sealed, std::string_view kind,
                                           std::string_view binding) const;

private:
    friend class RootKey;
    TenantKey(SecretBytes key, std::uint32_t version) noexcept;

    SecretBytes key_;
    std::uint32_t version_;
};

/// Wraps tenants' keys. Immutable, and so thread-safe.
class RootKey {
public:
    /// @param key 32 bytes. Throws std::invalid_argument on any other length.
    explicit RootKey(std::string&& key);

    /// 16 hexadecimal digits that name it and say nothing of it.
    [[nodiscard]] const std::string& id() const noexcept { return id_; }

    /// 12-byte nonce | ciphertext | 16-byte tag: 60 bytes, bound to the root key's id, the tenant and the version.
    [[nodiscard]] std::string wrap(const TenantKey& key, TenantId tenant) const;

    /// `internal` where it was altered, or wrapped by another root key, or for another tenant or version.
    [[nodiscard]] Result<TenantKey> unwrap(std::string_view wrapped, TenantId tenant, std::uint32_t version) const;

private:
    [[nodiscard]] std::string binding(TenantId tenant, std::uint32_t version) const;

    SecretBytes key_;
    std::string id_;
};

}  // namespace winnow::crypto
