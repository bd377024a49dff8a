#include "winnow/crypto/certificate.hpp"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
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
    // 128 random bits behind a one, which keeps it positive and as long as it is.
    std::array<unsigned char, 17> serial{};
    require(RAND_bytes(serial.data() + 1, static_cast<int>(serial.size()) - 1) == 1, "random bytes");
    serial[0] = 1;
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(
        BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr), &BN_free);
    require(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get())) != nullptr, "serial");
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
    add_extension(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    add_extension(certificate.get(), certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash");
    add_extension(certificate.get(), certificate.get(), NID_authority_key_identifier, "keyid:always");
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
    add_extension(certificate.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(certificate.get(), issuer.get(), NID_key_usage, "critical,digitalSignature");  // ECDSA: no more
    add_extension(certificate.get(), issuer.get(), NID_subject_key_identifier, "hash");
    if (X509_get0_subject_key_id(issuer.get()) != nullptr) {  // authorities of before had none
        add_extension(certificate.get(), issuer.get(), NID_authority_key_identifier, "keyid:always");
    }
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

namespace {

X509Pointer read_certificate(BIO* bio)
{
    return {PEM_read_bio_X509(bio, nullptr, nullptr, nullptr), &X509_free};
}

Bio reading(const std::string& pem)
{
    return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free};
}

/// Never asks anybody on the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/)
{
    return -1;
}

std::string text_of(const ASN1_TIME* time)
{
    tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable time";
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
}

}  // namespace

std::string problem_of_certificates(const std::string& pem)
{
    const auto bio = reading(pem);
    std::size_t found = 0;
    while (read_certificate(bio.get())) ++found;
    const auto error = ERR_peek_last_error();
    ERR_clear_error();
    const bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    if (found == 0 && at_end) return "holds no certificate in PEM (-----BEGIN CERTIFICATE-----)";
    return at_end ? "" : "holds a certificate that cannot be read";
}

std::string problem_of_key(const std::string& key_pem, const std::string& chain_pem)
{
    const auto bio = reading(key_pem);
    const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, nullptr), &EVP_PKEY_free);
    ERR_clear_error();
    if (!key) return "holds no private key in PEM without a passphrase";
    const auto chain = reading(chain_pem);
    const auto certificate = read_certificate(chain.get());
    ERR_clear_error();
    if (!certificate) return "";  // said of the certificate
    const bool match = X509_check_private_key(certificate.get(), key.get()) == 1;
    ERR_clear_error();
    return match ? "" : "is not the key of the certificate";
}

std::string problem_of_validity(const std::string& chain_pem)
{
    const auto bio = reading(chain_pem);
    const auto certificate = read_certificate(bio.get());
    ERR_clear_error();
    if (!certificate) return "";
    const auto* begin = X509_get0_notBefore(certificate.get());
    const auto* end = X509_get0_notAfter(certificate.get());
    if (X509_cmp_current_time(end) < 0) return "expired at " + text_of(end);
    if (X509_cmp_current_time(begin) > 0) return "is not valid before " + text_of(begin);
    return "";
}

}  // namespace winnow::crypto
