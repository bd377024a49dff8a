#include "crypto/gcm.hpp"

#include "winnow/crypto/digest.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace winnow::crypto {
namespace {

std::string bytes(std::string_view hex)
{
    std::string read;
    EXPECT_TRUE(from_hex(hex, read)) << hex;
    return read;
}

/// From "The Galois/Counter Mode of Operation (GCM)", McGrew and Viega, appendix B.
TEST(Gcm, OpensWhatOthersSealed)
{
    const std::string key(kKeyBytes, '\0');
    const std::string nonce(kNonceBytes, '\0');
    EXPECT_EQ(open_gcm(key, "", nonce + bytes("530f8afbc74536b9a963b4f1c4cb738b")), "");
    EXPECT_EQ(open_gcm(key, "", nonce + bytes("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")),
              std::string(16, '\0'));
}

/// Test case 16 of the same, with what is authenticated only.
TEST(Gcm, OpensWhatOthersSealedAndBoundToSomething)
{
    const auto key = bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    const auto bound_to = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const auto sealed = bytes(
        "cafebabefacedbaddecaf888"
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a"
        "0a"
        "bcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b");
    EXPECT_EQ(
        open_gcm(key, bound_to, sealed),
        bytes("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5"
              "aa0de657ba637b39"));
    EXPECT_EQ(open_gcm(key, bound_to.substr(1), sealed), std::nullopt);
}

TEST(Gcm, AppendsAndLeavesWhatIsThere)
{
    const std::string key(kKeyBytes, 'k');
    std::string sealed = "head";
    append_gcm(sealed, key, "bound", "secret");
    EXPECT_TRUE(sealed.starts_with("head"));
    EXPECT_EQ(sealed.size(), 4 + kNonceBytes + 6 + kTagBytes);
    EXPECT_EQ(open_gcm(key, "bound", sealed.substr(4)), "secret");
    EXPECT_EQ(open_gcm(key, "round", sealed.substr(4)), std::nullopt);
}

TEST(Gcm, TakesKeysOf32BytesOnly)
{
    std::string sealed;
    EXPECT_THROW(append_gcm(sealed, std::string(31, 'k'), "", ""), std::invalid_argument);
    EXPECT_EQ(open_gcm(std::string(33, 'k'), "", std::string(kNonceBytes + kTagBytes, 'x')), std::nullopt);
    EXPECT_EQ(open_gcm(std::string(32, 'k'), "", std::string(kNonceBytes + kTagBytes - 1, 'x')), std::nullopt);
}

}  // namespace
}  // namespace winnow::crypto
