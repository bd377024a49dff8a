#include "domain/aes_block.hpp"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

namespace winnow::domain {

namespace {

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};

/// AES-128 under one key, block by block. Not thread-safe.
class Cipher {
public:
    void use(const AesBlock& key)
    {
        if (ready_ && key == key_) return;
        ready_ = false;
        if (!context_) context_.reset(EVP_CIPHER_CTX_new());
        if (!context_ || EVP_EncryptInit_ex(context_.get(), EVP_aes_128_ecb(), nullptr, key.data(), nullptr) != 1 ||
            EVP_CIPHER_CTX_set_padding(context_.get(), 0) != 1) {
            throw_unavailable();
        }
        key_ = key;
        ready_ = true;
    }

    AesBlock encrypted(const AesBlock& block)
    {
        AesBlock out{};
        int length = 0;
        if (EVP_EncryptUpdate(context_.get(), out.data(), &length, block.data(), static_cast<int>(block.size())) != 1 ||
            length != static_cast<int>(out.size())) {
            ready_ = false;
            throw_unavailable();
        }
        return out;
    }

private:
    [[noreturn]] static void throw_unavailable() { throw std::runtime_error("AES-128 is not available"); }

    std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context_;
    AesBlock key_{};
    bool ready_ = false;
};

}  // namespace

AesBlock aes_of(const AesBlock& key, const AesBlock& block)
{
    static thread_local Cipher cipher;
    cipher.use(key);
    return cipher.encrypted(block);
}

}  // namespace winnow::domain
