#include "winnow/crypto/certificate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <string>

namespace winnow::crypto {
namespace {

using std::chrono::days;
using std::chrono::hours;

TEST(Certificate, IsPemWithItsKey)
{
    const auto authority = make_authority("authority", days{30});
    const auto server = make_loopback_certificate(authority, "server", days{2});
    for (const auto& made : {authority, server}) {
        EXPECT_TRUE(made.certificate.starts_with("-----BEGIN CERTIFICATE-----"));
        EXPECT_TRUE(made.key.starts_with("-----BEGIN PRIVATE KEY-----"));
    }
    EXPECT_NE(authority.key, server.key);
}

TEST(Certificate, SaysHowLongItIsGood)
{
    const auto authority = make_authority("authority", days{30});
    EXPECT_NEAR(static_cast<double>(time_to_expiry(authority.certificate).count()), 30 * 86'400, 60);
    const auto server = make_loopback_certificate(authority, "server", days{2});
    EXPECT_NEAR(static_cast<double>(time_to_expiry(server.certificate).count()), 2 * 86'400, 60);
}

std::shared_ptr<X509> parsed(const std::string& pem)
{
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.data(), -1), &BIO_free);
    return {PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free};
}

TEST(Certificate, HasASerialThatNobodyGuesses)
{
    const auto authority = make_authority("authority", days{30});
    std::set<std::string> seen;
    int longest = 0;
    for (int i = 0; i < 20; ++i) {
        const auto made = parsed(make_loopback_certificate(authority, "server", days{2}).certificate);
        const auto* const serial = X509_get0_serialNumber(made.get());
        const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(ASN1_INTEGER_to_BN(serial, nullptr), &BN_free);
        EXPECT_FALSE(BN_is_negative(number.get()));
        EXPECT_LE(BN_num_bytes(number.get()), 20) << "RFC 5280";
        longest = std::max(longest, BN_num_bits(number.get()));
        seen.emplace(std::to_string(ASN1_STRING_length(serial)) +
                     std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
                                 static_cast<std::size_t>(ASN1_STRING_length(serial))));
    }
    EXPECT_EQ(seen.size(), 20U);
    EXPECT_GT(longest, 112) << "of 20 times 127 random bits";
}

TEST(Certificate, IsGoodForWhatItIsMadeForAndNothingElse)
{
    const auto pem = make_authority("authority", days{30});
    const auto authority = parsed(pem.certificate);
    const auto server = parsed(make_loopback_certificate(pem, "server", days{2}).certificate);
    EXPECT_EQ(X509_check_ca(authority.get()), 1);
    EXPECT_EQ(X509_get_pathlen(authority.get()), 0) << "it signs servers, not authorities";
    EXPECT_EQ(X509_get_key_usage(authority.get()), std::uint32_t{KU_KEY_CERT_SIGN | KU_CRL_SIGN});

    EXPECT_EQ(X509_check_ca(server.get()), 0);
    EXPECT_TRUE(X509_get_extension_flags(server.get()) & EXFLAG_BCONS) << "it says itself that it is no authority";
    EXPECT_EQ(X509_get_key_usage(server.get()), std::uint32_t{KU_DIGITAL_SIGNATURE});
    EXPECT_EQ(X509_get_extended_key_usage(server.get()), std::uint32_t{XKU_SSL_SERVER | XKU_SSL_CLIENT});
    EXPECT_EQ(X509_check_purpose(server.get(), X509_PURPOSE_SSL_SERVER, 0), 1);
    for (const auto& each : {authority, server}) {
        EXPECT_NE(X509_get0_subject_key_id(each.get()), nullptr);
        EXPECT_NE(X509_get0_authority_key_id(each.get()), nullptr) << "which names whose key signed it";
    }
    EXPECT_EQ(X509_check_issued(authority.get(), server.get()), X509_V_OK);
}

/// As earlier versions made it, and as state folders still hold it: without an identifier of its key. For this test
/// only.
const Certificate kAuthorityOfBefore{.certificate =
                                         "-----BEGIN CERTIFICATE-----\n"
                                         "MIIBZDCCAQmgAwIBAgIEOECazjAKBggqhkjOPQQDAjAnMSUwIwYDVQQDDBxXaW5u\n"
                                         "b3cgZGV2ZWxvcG1lbnQgYXV0aG9yaXR5MB4XDTI2MTEyNTE5MzgzOFoXDTM2MTEy\n"
                                         "MzE5MzgzOFowJzElMCMGA1UEAwwcV2lubm93IGRldmVsb3BtZW50IGF1dGhvcml0\n"
                                         "eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMT9t+c8zfIFpeBJRUB4rowzqjWA\n"
                                         "GygavokkOs1XUiOPjicxF927ban3mueiqnnptYIUEQmfwmMjz+sIcmwaPC2jIzAh\n"
                                         "MA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgEGMAoGCCqGSM49BAMCA0kA\n"
                                         "MEYCIQCTEg6BfWHayhDsTaCFmZv7Fo8lobLNxUeIFgeroZoeRQIhAOqntjJonBEF\n"
                                         "2TQlw5lFm+ZrSYYmAQXcyT2n38CzqTeA\n"
                                         "-----END CERTIFICATE-----\n",
                                     .key =
                                         "-----BEGIN PRIVATE KEY-----\n"
                                         "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg4n9kwtdteH85CKdt\n"
                                         "UknHJU9N3lSR2Hq32ugu4d/rQE6hRANCAATE/bfnPM3yBaXgSUVAeK6MM6o1gBso\n"
                                         "Gr6JJDrNV1Ijj44nMRfdu22p95rnoqp56bWCFBEJn8JjI8/rCHJsGjwt\n"
                                         "-----END PRIVATE KEY-----\n"};

TEST(Certificate, IsMadeByAnAuthorityOfBeforeToo)
{
    const auto authority = parsed(kAuthorityOfBefore.certificate);
    ASSERT_EQ(X509_get0_subject_key_id(authority.get()), nullptr);
    const auto server = parsed(make_loopback_certificate(kAuthorityOfBefore, "server", days{2}).certificate);
    EXPECT_EQ(X509_check_issued(authority.get(), server.get()), X509_V_OK);
}

TEST(Certificate, ThatCannotBeReadHasNoTimeLeft)
{
    EXPECT_EQ(time_to_expiry("").count(), 0);
    EXPECT_EQ(time_to_expiry("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").count(), 0);
}

}  // namespace
}  // namespace winnow::crypto
