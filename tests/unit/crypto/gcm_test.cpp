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
