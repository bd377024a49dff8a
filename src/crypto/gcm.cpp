#include "crypto/gcm.hpp"

#include "winnow/crypto/digest.hpp"
#include "winnow/crypto/secret_bytes.hpp"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

namespace winnow::crypto {

namespace {

struct Free {
    void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
    void operator()(EVP_CIPHER* cipher) const noexcept { EVP_CIPHER_free(cipher); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, Free>;

/// What EVP_aes_256_gcm() stands for, looked up once.
const EVP_CIPHER* aes_256_gcm()
{
    static const std::unique_ptr<EVP_CIPHER, Free> cipher(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
    return cipher.get();
}

unsigned char* bytes_of(std::string& text, std::size_t at = 0) noexcept
{
    return reinterpret_cast<unsigned char*>(text.data()) + at;
}

const unsigned char* bytes_of(std::string_view text) noexcept
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

void append_gcm(std::string& to, std::string_view key, std::string_view bound_to, std::string_view plain)
{
    if (key.size() != kKeyBytes) throw std::invalid_argument("a key that is not 32 bytes long");
    const auto nonce = random_bytes(kNonceBytes);
    to += nonce;
    const auto start = to.size();
    to.resize(start + plain.size() + kTagBytes);

    const Context cipher(EVP_CIPHER_CTX_new());
    int length = 0;
    auto* const body = bytes_of(to, start);
    const bool ok =
        cipher && EVP_EncryptInit_ex(cipher.get(), aes_256_gcm(), nullptr, bytes_of(key), bytes_of(nonce)) == 1 &&
        EVP_EncryptUpdate(cipher.get(), nullptr, &length, bytes_of(bound_to), static_cast<int>(bound_to.size())) == 1 &&
        EVP_EncryptUpdate(cipher.get(), body, &length, bytes_of(plain), static_cast<int>(plain.size())) == 1 &&
        EVP_EncryptFinal_ex(cipher.get(), body + length, &length) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, body + plain.size()) == 1;
    if (!ok) throw std::runtime_error("AES-256-GCM is not available");
}

std::optional<std::string> open_gcm(std::string_view key, std::string_view bound_to, std::string_view sealed)
{
    if (key.size() != kKeyBytes || sealed.size() < kNonceBytes + kTagBytes) return std::nullopt;
    const auto nonce = sealed.substr(0, kNonceBytes);
    const auto body = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
    std::string tag(sealed.substr(sealed.size() - kTagBytes));

    std::string plain(body.size(), '\0');
    const Context cipher(EVP_CIPHER_CTX_new());
    int length = 0;
    const bool ok =
        cipher && EVP_DecryptInit_ex(cipher.get(), aes_256_gcm(), nullptr, bytes_of(key), bytes_of(nonce)) == 1 &&
        EVP_DecryptUpdate(cipher.get(), nullptr, &length, bytes_of(bound_to), static_cast<int>(bound_to.size())) == 1 &&
        EVP_DecryptUpdate(cipher.get(), bytes_of(plain), &length, bytes_of(body), static_cast<int>(body.size())) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
        EVP_DecryptFinal_ex(cipher.get(), bytes_of(plain, body.size()), &length) == 1;
    if (ok) return plain;
    cleanse(plain);  // nobody has vouched for it
    return std::nullopt;
}

}  // namespace winnow::crypto
