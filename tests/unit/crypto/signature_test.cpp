#include "winnow/crypto/signature.hpp"

#include "winnow/crypto/certificate.hpp"
#include "winnow/crypto/digest.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>

namespace winnow::crypto {
namespace {

// RFC 8032, 7.1, the second test; its secret key stands behind the 16 bytes that make PKCS #8 of it.
TEST(Signature, IsThatOfTheRfc)
{
    std::string secret;
    ASSERT_TRUE(from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", secret));
    std::string pkcs8;
    ASSERT_TRUE(from_hex("302e020100300506032b657004220420", pkcs8));
    const SigningKey key("-----BEGIN PRIVATE KEY-----\n" + to_base64(pkcs8 + secret) + "\n-----END PRIVATE KEY-----\n");
    EXPECT_EQ(to_hex(key.sign("\x72")),
              "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
              "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    std::string public_key;
    ASSERT_TRUE(from_hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", public_key));
    EXPECT_EQ(key.id(), to_hex(sha256(public_key)).substr(0, 16));
}

TEST(Signature, HoldsForItsTextAndKeyOnly)
{
    const SigningKey key(SigningKey::make());
    const SigningKey other(SigningKey::make());
    const VerifyingKeys keys(key.public_pem() + other.public_pem());
    const auto signature = key.sign("text");
    EXPECT_TRUE(keys.verify(key.id(), "text", signature));
    EXPECT_TRUE(keys.verify(other.id(), "text", other.sign("text")));
    EXPECT_FALSE(keys.verify(other.id(), "text", signature));
    EXPECT_FALSE(keys.verify(key.id(), "texts", signature));
    EXPECT_FALSE(keys.verify(key.id(), "text", signature.substr(1)));
    EXPECT_FALSE(keys.verify("unknown", "text", signature));
}

TEST(Signature, OtherKeysAreRefused)
{
    const auto certificate = make_authority("authority", std::chrono::days{1});
    EXPECT_THROW(SigningKey{certificate.key}, std::invalid_argument) << "P-256";
    EXPECT_THROW(SigningKey{""}, std::invalid_argument);
    EXPECT_THROW(VerifyingKeys{""}, std::invalid_argument);
    EXPECT_THROW(VerifyingKeys{SigningKey::make()}, std::invalid_argument) << "a private one";
}

}  // namespace
}  // namespace winnow::crypto
