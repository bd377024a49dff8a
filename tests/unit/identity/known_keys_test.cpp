#include "identity/known_keys.hpp"

#include <gtest/gtest.h>

#include <string>

namespace winnow::identity {
namespace {

const Instant kAsked{std::chrono::hours{1}};

KnownKey key_of(std::uint64_t tenant, std::uint64_t user)
{
    KnownKey key{.principal = {}, .asked = kAsked, .ends = std::nullopt};
    key.principal.tenant = TenantId(Uuid::from_words(tenant, 1));
    key.principal.user = UserId(Uuid::from_words(tenant, user));
    return key;
}

access::Revoked all_of(std::uint64_t tenant)
{
    return {.kind = access::Revoked::Kind::tenant, .tenant = TenantId(Uuid::from_words(tenant, 1)), .id = {}};
}

bool nothing_is_over(const KnownKey& /*key*/)
{
    return false;
}

class KnownKeysTest : public testing::Test {
protected:
    [[nodiscard]] bool doubted(const std::string& hash) const
    {
        const auto* const found = keys_.find(hash);
        EXPECT_NE(found, nullptr) << hash;
        return found != nullptr && !found->asked;
    }

    KnownKeys keys_{3};
};

TEST_F(KnownKeysTest, OneThatIsDoubtedIsKnownStill)
{
    keys_.put("a", key_of(1, 2), nothing_is_over);
    keys_.put("b", key_of(1, 3), nothing_is_over);
    keys_.put("c", key_of(2, 2), nothing_is_over);
    keys_.doubt({.kind = access::Revoked::Kind::user,
                 .tenant = TenantId(Uuid::from_words(1, 1)),
                 .id = Uuid::from_words(1, 2)});
    EXPECT_TRUE(doubted("a"));
    EXPECT_FALSE(doubted("b"));
    keys_.doubt(all_of(1));
    EXPECT_TRUE(doubted("b"));
    EXPECT_FALSE(doubted("c"));
    keys_.doubt({});
    EXPECT_TRUE(doubted("c"));
    EXPECT_EQ(keys_.find("d"), nullptr);
}

TEST_F(KnownKeysTest, OneThatIsPutAnewOrErasedIsFoundByItsTenantNoMore)
{
    keys_.put("a", key_of(1, 2), nothing_is_over);
    keys_.put("a", key_of(2, 2), nothing_is_over);
    keys_.doubt(all_of(1));
    EXPECT_FALSE(doubted("a"));
    keys_.erase("a");
    keys_.erase("a");
    keys_.doubt(all_of(2));
    EXPECT_EQ(keys_.find("a"), nullptr);
    keys_.put("a", key_of(2, 2), nothing_is_over);
    keys_.doubt(all_of(2));
    EXPECT_TRUE(doubted("a"));
}

TEST_F(KnownKeysTest, WhereThereIsNoRoomThoseThatAreOverGo)
{
    keys_.put("a", key_of(1, 2), nothing_is_over);
    keys_.put("b", key_of(2, 2), nothing_is_over);
    keys_.put("c", key_of(1, 3), nothing_is_over);
    const auto over = key_of(2, 2).principal.tenant;
    keys_.put("d", key_of(3, 2), [&](const KnownKey& key) { return key.principal.tenant == over; });
    EXPECT_EQ(keys_.find("b"), nullptr);
    for (const auto* const hash : {"a", "c", "d"}) EXPECT_NE(keys_.find(hash), nullptr) << hash;
    keys_.put("e", key_of(3, 3), nothing_is_over);
    int known = 0;
    for (const auto* const hash : {"a", "c", "d", "e"}) known += keys_.find(hash) != nullptr ? 1 : 0;
    EXPECT_EQ(known, 3) << "any";
    EXPECT_NE(keys_.find("e"), nullptr);
    for (std::uint64_t tenant = 1; tenant <= 3; ++tenant) keys_.doubt(all_of(tenant));
    EXPECT_TRUE(doubted("e"));
}

}  // namespace
}  // namespace winnow::identity
