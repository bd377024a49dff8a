#include "winnow/domain/noise_key.hpp"

#include "winnow/base/text.hpp"

#include <gmock/gmock.h>

#include <string>

namespace winnow::domain {
namespace {

TEST(NoiseKey, WhatAnIndexTakesIsItsOwnKey)
{
    EXPECT_EQ(noise_key(""), "");
    EXPECT_EQ(noise_key("db-7"), "db-7");
    EXPECT_EQ(noise_key(std::string(256, 'a')), std::string(256, 'a'));
}

TEST(NoiseKey, WhatIsLongerIsCutAndToldApartByItsDigest)
{
    const auto key = noise_key(std::string(257, 'a'));
    EXPECT_EQ(key.size(), 256U);
    EXPECT_TRUE(key.starts_with(std::string(223, 'a') + "~")) << key;
    EXPECT_NE(key, noise_key(std::string(258, 'a')));
    EXPECT_EQ(noise_key(key), key) << "a key is a key";
}

TEST(NoiseKey, IsCutBetweenCharacters)
{
    for (const std::string character : {"\u00E4", "\u30A8", "\U00020BB7"}) {
        for (std::size_t before = 0; before < 4; ++before) {
            std::string text(before, 'x');
            while (text.size() <= 4'096) text += character;
            const auto key = noise_key(text);
            EXPECT_TRUE(is_valid_utf8(key));
            EXPECT_LE(key.size(), kMaxNoiseKeyBytes);
            EXPECT_GE(key.size(), kMaxNoiseKeyBytes - 3);
        }
    }
}

}  // namespace
}  // namespace winnow::domain
