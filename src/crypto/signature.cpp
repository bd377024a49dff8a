#include "winnow/crypto/signature.hpp"

#include "winnow/crypto/digest.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <cstddef>
#include <stdexcept>
#include <utility>

namespace winnow::crypto {

namespace {

constexpr std::size_t kPublicBytes = 32;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kIdBytes = 8;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Pkey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* as_bytes(std::string_view text) noexcept
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

Bio reading(const std::string& pem)
{
    return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free};
}

std::string text_of(BIO* bio)
{
    char* start = nullptr;
    const long length = BIO_get_mem_data(bio, &start);
    return {start, static_cast<std::size_t>(length)};
}

/// Never asks anybody on the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/)
{
    return -1;
}

bool is_ed25519(const Pkey& key)
{
    return key && EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_ED25519;
}

KeyId id_of(EVP_PKEY* key)
{
    std::array<unsigned char, kPublicBytes> bytes{};
    std::size_t length = bytes.size();
    if (EVP_PKEY_get_raw_public_key(key, bytes.data(), &length) != 1) throw std::runtime_error("a key without bytes");
    return to_hex(sha256(std::string(bytes.begin(), bytes.end())).substr(0, kIdBytes));
}

}  // namespace

struct SigningKey::Key {
    Pkey pkey;
};
struct VerifyingKeys::Key {
    Pkey pkey;
};

SigningKey::SigningKey(const std::string& pem)
{
    const auto bio = reading(pem);
    Pkey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, nullptr), &EVP_PKEY_free);
    ERR_clear_error();
    if (!is_ed25519(key)) {
        throw std::invalid_argument(
            "must hold an Ed25519 private key in PEM, without a passphrase; make one with: openssl genpkey -algorithm "
            "ed25519");
    }
    id_ = id_of(key.get());
    key_ = std::make_unique<Key>(Key{std::move(key)});
}

SigningKey::~SigningKey() = default;
SigningKey::SigningKey(SigningKey&& other) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&& other) noexcept = default;

std::string SigningKey::sign(std::string_view text) const
{
    const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    std::string signature(kSignatureBytes, '\0');
    std::size_t length = signature.size();
    if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_->pkey.get()) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length, as_bytes(text),
                       text.size()) != 1) {
        throw std::runtime_error("Ed25519 is not available");
    }
    return signature;
}

std::string SigningKey::public_pem() const
{
    const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
    if (PEM_write_bio_PUBKEY(bio.get(), key_->pkey.get()) != 1) throw std::runtime_error("a key to PEM");
    return text_of(bio.get());
}

std::string SigningKey::make()
{
    const Pkey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free);
    const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
    if (!key || PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
        throw std::runtime_error("Ed25519 is not available");
    }
    return text_of(bio.get());
}

VerifyingKeys::VerifyingKeys(const std::string& pem)
{
    const auto bio = reading(pem);
    while (true) {
        Pkey key(PEM_read_bio_PUBKEY(bio.get(), nullptr, &no_passphrase, nullptr), &EVP_PKEY_free);
        if (!key) break;
        if (!is_ed25519(key)) throw std::invalid_argument("holds a public key of another kind than Ed25519");
        const auto id = id_of(key.get());
        keys_[id] = std::make_unique<Key>(Key{std::move(key)});
    }
    ERR_clear_error();
    if (keys_.empty()) {
        throw std::invalid_argument(
            "holds no public key in PEM; openssl pkey -in KEY -pubout makes it of a private one");
    }
}

VerifyingKeys::~VerifyingKeys() = default;

bool VerifyingKeys::verify(const KeyId& id, std::string_view text, std::string_view signature) const
{
    const auto found = keys_.find(id);
    if (found == keys_.end() || signature.size() != kSignatureBytes) return false;
    const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    const bool holds =
        context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, found->second->pkey.get()) == 1 &&
        EVP_DigestVerify(context.get(), as_bytes(signature), signature.size(), as_bytes(text), text.size()) == 1;
    ERR_clear_error();
    return holds;
}

}  // namespace winnow::crypto
