#include "winnow/crypto/sealer.hpp"

#include "winnow/crypto/digest.hpp"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

namespace winnow::crypto {

namespace {

constexpr char kVersion = 1;
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

unsigned char* bytes_of(std::string& text, std::size_t at = 0) noexcept
{
    return reinterpret_cast<unsigned char*>(text.data()) + at;
}

const unsigned char* bytes_of(std::string_view text) noexcept
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

Error damaged()
{
    return {ErrorCode::internal, "a sealed value cannot be opened"};
}

}  // namespace

Sealer::Sealer(std::string key) : key_(std::move(key))
{
    if (key_.size() != kKeyBytes) throw std::invalid_argument("the encryption key must be 32 bytes");
}

std::string Sealer::seal(std::string_view secret, std::string_view context) const
{
    const auto nonce = random_bytes(kNonceBytes);
    std::string sealed(1 + kNonceBytes + secret.size() + kTagBytes, kVersion);
    sealed.replace(1, kNonceBytes, nonce);

    const Context cipher(EVP_CIPHER_CTX_new());
    int length = 0;
    auto* const body = bytes_of(sealed, 1 + kNonceBytes);
    const bool ok =
        cipher && EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key_), bytes_of(nonce)) == 1 &&
        EVP_EncryptUpdate(cipher.get(), nullptr, &length, bytes_of(context), static_cast<int>(context.size())) == 1 &&
        EVP_EncryptUpdate(cipher.get(), body, &length, bytes_of(secret), static_cast<int>(secret.size())) == 1 &&
        EVP_EncryptFinal_ex(cipher.get(), body + length, &length) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, body + secret.size()) == 1;
    if (!ok) throw std::runtime_error("AES-256-GCM is not available");
    return sealed;
}

Result<std::string> Sealer::open(std::string_view sealed, std::string_view context) const
{
    if (sealed.size() < 1 + kNonceBytes + kTagBytes || sealed.front() != kVersion) return damaged();
    const auto nonce = sealed.substr(1, kNonceBytes);
    const auto body = sealed.substr(1 + kNonceBytes, sealed.size() - 1 - kNonceBytes - kTagBytes);
    std::string tag(sealed.substr(sealed.size() - kTagBytes));

    std::string secret(body.size(), '\0');
    const Context cipher(EVP_CIPHER_CTX_new());
    int length = 0;
    const bool ok =
        cipher && EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key_), bytes_of(nonce)) == 1 &&
        EVP_DecryptUpdate(cipher.get(), nullptr, &length, bytes_of(context), static_cast<int>(context.size())) == 1 &&
        EVP_DecryptUpdate(cipher.get(), bytes_of(secret), &length, bytes_of(body), static_cast<int>(body.size())) ==
            1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
        EVP_DecryptFinal_ex(cipher.get(), bytes_of(secret, body.size()), &length) == 1;
    if (!ok) return damaged();
    return secret;
}

}  // namespace winnow::crypto
