#include "winnow/crypto/sealer.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace winnow::crypto {
namespace {

const std::string kKey(32, 'k');

TEST(Sealer, OpensWhatItSealed)
{
    const Sealer sealer(kKey);
    for (const std::string secret : {"", "s", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}) {
        const auto opened = sealer.open(sealer.seal(secret, "contact:1"), "contact:1");
        ASSERT_TRUE(opened);
        EXPECT_EQ(*opened, secret);
    }
}

TEST(Sealer, NeverSealsTheSameWayTwice)
{
    const Sealer sealer(kKey);
    EXPECT_NE(sealer.seal("secret", ""), sealer.seal("secret", ""));
}

TEST(Sealer, RefusesAnotherContextAnotherKeyAndEveryAlteredByte)
{
    const Sealer sealer(kKey);
    const auto sealed = sealer.seal("secret", "contact:1");
    EXPECT_FALSE(sealer.open(sealed, "contact:2"));
    EXPECT_FALSE(Sealer(std::string(32, 'x')).open(sealed, "contact:1"));
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto altered = sealed;
        altered[i] = static_cast<char>(altered[i] ^ 1);
        EXPECT_FALSE(sealer.open(altered, "contact:1")) << i;
        EXPECT_FALSE(sealer.open(sealed.substr(0, i), "contact:1")) << i;
    }
}

TEST(Sealer, WantsThirtyTwoBytesOfKey)
{
    EXPECT_THROW(Sealer(std::string(31, 'k')), std::invalid_argument);
    EXPECT_THROW(Sealer(std::string(33, 'k')), std::invalid_argument);
}

}  // namespace
}  // namespace winnow::crypto
