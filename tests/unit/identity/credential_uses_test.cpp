#include "winnow/identity/credential_uses.hpp"

#include "winnow/ports/credential_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <set>
#include <vector>

namespace winnow::identity {
namespace {

using access::CredentialKind;
using ports::CredentialUse;
using namespace std::chrono_literals;

class ListStore final : public ports::CredentialUseStore {
public:
    Result<Done> note(const std::vector<CredentialUse>& uses) override
    {
        ++asked;
        if (away) return Error(ErrorCode::unavailable, "away");
        stored.insert(stored.end(), uses.begin(), uses.end());
        return Done{};
    }

    bool away = false;
    int asked = 0;
    std::vector<CredentialUse> stored;
};

class CredentialUsesTest : public testing::Test {
protected:
    static access::Principal caller(std::uint64_t key, std::uint64_t tenant = 1,
                                    CredentialKind kind = CredentialKind::user_key)
    {
        access::Principal who;
        who.kind = kind;
        who.tenant = TenantId(Uuid::from_words(tenant, 1));
        who.key = Uuid::from_words(2, key);
        return who;
    }

    Timestamp now_{28'000'000min + 59'999ms};
    ListStore store_;
    CredentialUses uses_{store_, {.most = 3, .clock = [this] {
                                      return now_;
                                  }}};
};

TEST_F(CredentialUsesTest, StoresEachKeyOnceWithTheMinuteOfItsLastUse)
{
    uses_.note(caller(1));
    uses_.note(caller(1));
    now_ += 1ms;
    uses_.note(caller(1));
    uses_.note(caller(1, 1, CredentialKind::integration_key));
    uses_.note(caller(1, 9));
    EXPECT_EQ(store_.asked, 0) << "nobody waits for the database";
    EXPECT_EQ(uses_.store(10).value(), 3U);
    EXPECT_EQ(store_.asked, 1);
    ASSERT_EQ(store_.stored.size(), 3U) << "another tenant's, or another kind of, key of that id is another one";
    for (const auto& use : store_.stored) EXPECT_EQ(use.minute, Timestamp(28'000'001min));

    EXPECT_EQ(uses_.store(10).value(), 0U);
    EXPECT_EQ(store_.asked, 1) << "where nothing was used nothing is asked";
}

TEST_F(CredentialUsesTest, NotesNothingOfWhoHasNoKey)
{
    uses_.note(access::Principal());
    EXPECT_EQ(uses_.store(10).value(), 0U);
}

TEST_F(CredentialUsesTest, HoldsSoManyKeysAndNoMore)
{
    for (std::uint64_t key = 1; key <= 5; ++key) uses_.note(caller(key));
    EXPECT_EQ(uses_.store(10).value(), 3U);
    uses_.note(caller(4));
    EXPECT_EQ(uses_.store(10).value(), 1U) << "there is room again";
}

TEST_F(CredentialUsesTest, StoresInPartsAndLosesNoneOfThem)
{
    const auto kind = uses_.make_kind();
    for (std::uint64_t key = 1; key <= 3; ++key) uses_.note(caller(key));
    const auto first = kind->run({.tenant = {}, .limit = 2});
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->more);
    const auto second = kind->run({.tenant = {}, .limit = 2});
    ASSERT_TRUE(second);
    EXPECT_FALSE(second->more);
    std::set<Uuid> keys;
    for (const auto& use : store_.stored) keys.insert(use.key);
    EXPECT_EQ(keys.size(), 3U);
    EXPECT_EQ(kind->traits().every, 1min);
}

TEST_F(CredentialUsesTest, KeepsWhatCouldNotBeStoredAndTheLaterOfTwoUses)
{
    uses_.note(caller(1));
    uses_.note(caller(2));
    store_.away = true;
    EXPECT_EQ(uses_.store(10).error().code(), ErrorCode::unavailable);
    now_ += 5min;
    uses_.note(caller(2));
    store_.away = false;
    uses_.store_rest();
    ASSERT_EQ(store_.stored.size(), 2U);
    for (const auto& use : store_.stored) {
        EXPECT_EQ(use.minute, Timestamp(use.key == caller(2).key ? 28'000'005min : 28'000'000min));
    }
}

TEST_F(CredentialUsesTest, AtTheEndTriesOnce)
{
    uses_.note(caller(1));
    store_.away = true;
    EXPECT_FALSE(uses_.store(10));
    uses_.store_rest();
    EXPECT_EQ(store_.asked, 2);
}

}  // namespace
}  // namespace winnow::identity
