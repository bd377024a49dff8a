#include "winnow/crypto/secret_bytes.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace winnow::crypto {

void cleanse(std::string& text) noexcept
{
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

SecretBytes::SecretBytes(std::string&& bytes) noexcept : bytes_(std::move(bytes))
{
    cleanse(bytes);  // NOLINT(bugprone-use-after-move): short ones are copied by a move
}

SecretBytes::~SecretBytes()
{
    cleanse(bytes_);
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept : SecretBytes(std::move(other.bytes_)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept
{
    if (this != &other) {
        cleanse(bytes_);
        bytes_ = std::move(other.bytes_);
        cleanse(other.bytes_);
    }
    return *this;
}

}  // namespace winnow::crypto
