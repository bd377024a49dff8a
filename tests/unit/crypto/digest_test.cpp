#include "winnow/crypto/digest.hpp"

#include <gtest/gtest.h>

namespace winnow::crypto {
namespace {

TEST(Digest, Sha256IsThatOfFips180)
{
    EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, HmacIsThatOfRfc4231)
{
    EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Digest, ComparesWholeStrings)
{
    EXPECT_TRUE(constant_time_equal("", ""));
    EXPECT_TRUE(constant_time_equal("secret", "secret"));
    EXPECT_FALSE(constant_time_equal("secret", "secres"));
    EXPECT_FALSE(constant_time_equal("secret", "secrets"));
}

TEST(Digest, RandomBytesDiffer)
{
    EXPECT_EQ(random_bytes(32).size(), 32U);
    EXPECT_NE(random_bytes(32), random_bytes(32));
    EXPECT_NE(random_u64(), random_u64());
}

TEST(Base64, RoundTripsTheVectorsOfRfc4648)
{
    const std::pair<std::string, std::string> vectors[] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}, {"\xFB\xFF", "+/8="}};
    for (const auto& [plain, encoded] : vectors) {
        EXPECT_EQ(to_base64(plain), encoded);
        std::string decoded;
        EXPECT_TRUE(from_base64(encoded, decoded)) << encoded;
        EXPECT_EQ(decoded, plain);
    }
    EXPECT_EQ(to_base64url("\xFB\xFF"), "-_8");
}

TEST(Base64, RefusesWhatIsNotAnEncoding)
{
    std::string decoded = "left over";
    for (const auto* text : {"Z", "Zg=", "Zg", "Z===", "Zm9v\n", " Zg=", "Zm=v", "Zg==Zg==", "Zm9-", "===="}) {
        EXPECT_FALSE(from_base64(text, decoded)) << text;
        EXPECT_EQ(decoded, "");
    }
}

}  // namespace
}  // namespace winnow::crypto
