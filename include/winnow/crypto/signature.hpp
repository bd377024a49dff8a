#pragma once

/// @file
/// Ed25519 (RFC 8032), with keys in PEM as `openssl genpkey -algorithm ed25519` makes them.

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace winnow::crypto {

/// Names a public key: the first 8 bytes of its SHA-256, hexadecimal.
using KeyId = std::string;

/// Thread-safe.
class SigningKey {
public:
    /// @param pem A private key without a passphrase. Throws std::invalid_argument that says what is wrong with it.
    explicit SigningKey(const std::string& pem);
    ~SigningKey();
    SigningKey(SigningKey&& other) noexcept;
    SigningKey& operator=(SigningKey&& other) noexcept;
    SigningKey(const SigningKey&) = delete;
    SigningKey& operator=(const SigningKey&) = delete;

    /// 64 bytes. Throws std::runtime_error where OpenSSL refuses.
    [[nodiscard]] std::string sign(std::string_view text) const;

    [[nodiscard]] const KeyId& id() const noexcept { return id_; }
    [[nodiscard]] std::string public_pem() const;

    /// A fresh one, PEM.
    [[nodiscard]] static std::string make();

private:
    struct Key;
    std::unique_ptr<Key> key_;
    KeyId id_;
};

/// Public keys by which signatures are checked. Thread-safe.
class VerifyingKeys {
public:
    /// @param pem One public key after the other. Throws std::invalid_argument where there is none, or another kind.
    explicit VerifyingKeys(const std::string& pem);
    ~VerifyingKeys();
    VerifyingKeys(const VerifyingKeys&) = delete;
    VerifyingKeys& operator=(const VerifyingKeys&) = delete;

    /// False where there is no key of that id, too.
    [[nodiscard]] bool verify(const KeyId& id, std::string_view text, std::string_view signature) const;

private:
    struct Key;
    std::map<KeyId, std::unique_ptr<Key>> keys_;
};

}  // namespace winnow::crypto
