#include "winnow/crypto/tenant_key.hpp"

#include "crypto/gcm.hpp"
#include "winnow/crypto/digest.hpp"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <utility>

namespace winnow::crypto {

namespace {

constexpr char kFormat = 2;
constexpr std::size_t kVersionBytes = 4;
constexpr std::size_t kHeadBytes = 1 + kVersionBytes;
constexpr unsigned kByteBits = 8;
constexpr std::size_t kIdBytes = 8;

struct Free {
    void operator()(EVP_KDF* method) const noexcept { EVP_KDF_free(method); }
    void operator()(EVP_KDF_CTX* context) const noexcept { EVP_KDF_CTX_free(context); }
};

EVP_KDF* hkdf()
{
    static const std::unique_ptr<EVP_KDF, Free> method(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
    return method.get();
}

std::string high_byte_first(std::uint32_t number)
{
    std::string bytes;
    for (const unsigned shift : {3U, 2U, 1U, 0U}) {
        bytes += static_cast<char>((number >> (shift * kByteBits)) & 0xFFU);
    }
    return bytes;
}

OSSL_PARAM octets(const char* name, std::string_view bytes)
{
    // OpenSSL reads them; its type serves both ways.
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(bytes.data()),  // NOLINT(*-const-cast)
                                             bytes.size());
}

Error damaged()
{
    return {ErrorCode::internal, "a sealed value cannot be opened"};
}

}  // namespace

SecretBytes derive_key(std::string_view key, std::string_view info)
{
    const std::unique_ptr<EVP_KDF_CTX, Free> context(hkdf() == nullptr ? nullptr : EVP_KDF_CTX_new(hkdf()));
    std::string digest = "SHA256";
    const std::array parameters{OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
                                octets(OSSL_KDF_PARAM_KEY, key), octets(OSSL_KDF_PARAM_INFO, info),
                                OSSL_PARAM_construct_end()};
    std::string derived(kKeyBytes, '\0');
    if (!context || EVP_KDF_derive(context.get(), reinterpret_cast<unsigned char*>(derived.data()), derived.size(),
                                   parameters.data()) != 1) {
        throw std::runtime_error("HKDF-SHA-256 is not available");
    }
    return SecretBytes(std::move(derived));
}

std::optional<std::uint32_t> key_version_of(std::string_view sealed) noexcept
{
    if (sealed.size() < kHeadBytes + kNonceBytes + kTagBytes || sealed.front() != kFormat) return std::nullopt;
    std::uint32_t version = 0;
    for (const char byte : sealed.substr(1, kVersionBytes)) {
        version = (version << kByteBits) | static_cast<unsigned char>(byte);
    }
    return version;
}

TenantKey::TenantKey(SecretBytes key, std::uint32_t version) noexcept : key_(std::move(key)), version_(version) {}

TenantKey TenantKey::make(std::uint32_t version)
{
    return {SecretBytes(random_bytes(kKeyBytes)), version};
}

std::string TenantKey::seal(std::string_view secret, std::string_view kind, std::string_view binding) const
{
    std::string sealed(1, kFormat);
    sealed += high_byte_first(version_);
    append_gcm(sealed, derive_key(key_.view(), kind).view(), binding, secret);
    return sealed;
}

Result<std::string> TenantKey::open(std::string_view sealed, std::string_view kind, std::string_view binding) const
{
    if (key_version_of(sealed) != version_) return damaged();
    auto secret = open_gcm(derive_key(key_.view(), kind).view(), binding, sealed.substr(kHeadBytes));
    if (!secret) return damaged();
    return *std::move(secret);
}

RootKey::RootKey(std::string&& key) : key_(std::move(key))
{
    if (key_.view().size() != kKeyBytes) throw std::invalid_argument("a root key must be 32 bytes");
    id_ = to_hex(derive_key(key_.view(), "root-id").view().substr(0, kIdBytes));
}

std::string RootKey::binding(TenantId tenant, std::uint32_t version) const
{
    // Parts of fixed lengths, so that none can be read as another.
    const auto& bytes = tenant.value().bytes();
    return "winnow-tenant-key/" + id_ + std::string(bytes.begin(), bytes.end()) + high_byte_first(version);
}

std::string RootKey::wrap(const TenantKey& key, TenantId tenant) const
{
    std::string wrapped;
    append_gcm(wrapped, key_.view(), binding(tenant, key.version()), key.key_.view());
    return wrapped;
}

Result<TenantKey> RootKey::unwrap(std::string_view wrapped, TenantId tenant, std::uint32_t version) const
{
    auto key = open_gcm(key_.view(), binding(tenant, version), wrapped);
    if (!key || key->size() != kKeyBytes) return Error(ErrorCode::internal, "a tenant's key cannot be unwrapped");
    return TenantKey(SecretBytes(*std::move(key)), version);
}

}  // namespace winnow::crypto
