#include "vault/opened_keys.hpp"

#include <gmock/gmock.h>

namespace winnow::vault {
namespace {

using ports::TenantVersion;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TenantId tenant(std::uint64_t number)
{
    return TenantId(Uuid::from_words(1, number));
}

OpenedKey key(std::uint32_t version)
{
    return std::make_shared<const crypto::TenantKey>(crypto::TenantKey::make(version));
}

TEST(OpenedKeys, KnowAKeyByTenantAndVersionAndWhichOneSeals)
{
    OpenedKeys keys(10);
    EXPECT_EQ(keys.find({tenant(1), 1}), nullptr);
    const auto first = key(1);
    const auto second = key(2);
    keys.keep(tenant(1), first, true);
    keys.keep(tenant(1), second, true);
    EXPECT_EQ(keys.find({tenant(1), 1}), first);
    EXPECT_EQ(keys.find({tenant(2), 1}), nullptr);
    EXPECT_EQ(keys.current(tenant(1)), second);
    EXPECT_EQ(keys.current(tenant(2)), nullptr);
    keys.keep(tenant(1), key(3), false);
    EXPECT_EQ(keys.current(tenant(1)), second);
}

TEST(OpenedKeys, LetGoOfWhatWasUsedLongestAgo)
{
    OpenedKeys keys(2);
    keys.keep(tenant(1), key(1), true);
    keys.keep(tenant(2), key(1), true);
    EXPECT_NE(keys.find({tenant(1), 1}), nullptr);
    keys.keep(tenant(3), key(1), true);
    EXPECT_EQ(keys.size(), 2U);
    EXPECT_NE(keys.find({tenant(1), 1}), nullptr);
    EXPECT_EQ(keys.find({tenant(2), 1}), nullptr);
    EXPECT_EQ(keys.current(tenant(2)), nullptr);
}

TEST(OpenedKeys, DropAKeyAndForgetWhichOneSealsButWhoUsesItGoesOn)
{
    OpenedKeys keys(10);
    keys.keep(tenant(1), key(1), true);
    keys.keep(tenant(1), key(2), true);
    const auto in_use = keys.find({tenant(1), 1});
    keys.drop({tenant(1), 1});
    EXPECT_EQ(keys.find({tenant(1), 1}), nullptr);
    EXPECT_EQ(keys.current(tenant(1)), nullptr);
    EXPECT_NE(keys.find({tenant(1), 2}), nullptr);
    EXPECT_EQ(in_use->version(), 1U);
    keys.drop({tenant(9), 9});
    EXPECT_EQ(keys.size(), 1U);
}

TEST(OpenedKeys, CountWhatEachHasSealedUntilItIsTaken)
{
    OpenedKeys keys(10);
    keys.count_seal({tenant(1), 1});
    keys.count_seal({tenant(1), 1});
    const auto taken = keys.take_seals();
    EXPECT_THAT(taken, ElementsAre(Pair(TenantVersion{tenant(1), 1}, 2U)));
    EXPECT_THAT(keys.take_seals(), IsEmpty());
    keys.count_seal({tenant(1), 1});
    keys.put_back(taken);
    EXPECT_THAT(keys.take_seals(), ElementsAre(Pair(TenantVersion{tenant(1), 1}, 3U)));
}

}  // namespace
}  // namespace winnow::vault
