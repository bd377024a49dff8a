#include "winnow/crypto/certificate.hpp"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <stdexcept>

namespace winnow::crypto {

namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using X509Pointer = std::unique_ptr<X509, decltype(&X509_free)>;

void require(bool holds, const char* what)
{
    if (!holds) throw std::runtime_error(what);
}

std::string text_of(BIO* bio)
{
    char* start = nullptr;
    const long length = BIO_get_mem_data(bio, &start);
    return {start, static_cast<std::size_t>(length)};
}

std::string pem_of(X509* certificate)
{
    const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
    require(PEM_write_bio_X509(bio.get(), certificate) == 1, "certificate to PEM");
    return text_of(bio.get());
}

std::string pem_of(EVP_PKEY* key)
{
    const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
    require(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "key to PEM");
    return text_of(bio.get());
}

void add_extension(X509* certificate, X509* issuer, int nid, const char* value)
{
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    auto* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    require(extension != nullptr, "certificate extension");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

X509Pointer blank_certificate(EVP_PKEY* key, const std::string& common_name, std::chrono::days valid_for)
{
    X509Pointer certificate(X509_new(), &X509_free);
    X509_set_version(certificate.get(), X509_VERSION_3);
    std::uint32_t serial = 0;
    RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), static_cast<long>(serial / 2 + 1));
    // Since yesterday: a peer whose clock is behind accepts it, too.
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -std::chrono::seconds(std::chrono::days{1}).count());
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), std::chrono::seconds(valid_for).count());
    X509_set_pubkey(certificate.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
    return certificate;
}

}  // namespace

Certificate make_authority(const std::string& common_name, std::chrono::days valid_for)
{
    const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    const auto certificate = blank_certificate(key.get(), common_name, valid_for);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
    add_extension(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate.get(), certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    require(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0, "certificate signature");
    return {.certificate = pem_of(certificate.get()), .key = pem_of(key.get())};
}

Certificate make_loopback_certificate(const Certificate& authority, const std::string& common_name,
                                      std::chrono::days valid_for)
{
    const Bio certificate_text(BIO_new_mem_buf(authority.certificate.data(), -1), &BIO_free);
    const Bio key_text(BIO_new_mem_buf(authority.key.data(), -1), &BIO_free);
    const X509Pointer issuer(PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr), &X509_free);
    const Key issuer_key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
    require(issuer && issuer_key, "authority's PEM");

    const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    const auto certificate = blank_certificate(key.get(), common_name, valid_for);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get()));
    add_extension(certificate.get(), issuer.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
    add_extension(certificate.get(), issuer.get(), NID_ext_key_usage, "serverAuth,clientAuth");
    require(X509_sign(certificate.get(), issuer_key.get(), EVP_sha256()) > 0, "certificate signature");
    return {.certificate = pem_of(certificate.get()), .key = pem_of(key.get())};
}

std::chrono::seconds time_to_expiry(std::string_view certificate_pem)
{
    const Bio bio(BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size())), &BIO_free);
    const X509Pointer certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
    int days = 0;
    int seconds = 0;
    if (!certificate || ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate.get())) != 1) return {};
    return std::chrono::days{days} + std::chrono::seconds{seconds};
}

}  // namespace winnow::crypto
