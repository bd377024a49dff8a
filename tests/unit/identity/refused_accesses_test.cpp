#include "winnow/identity/refused_accesses.hpp"

#include "winnow/crypto/digest.hpp"
#include "winnow/ports/access/access_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <numeric>
#include <string>
#include <vector>

namespace winnow::identity {
namespace {

using namespace std::chrono_literals;

class ListStore final : public ports::RefusedAccessStore {
public:
    Result<Done> store(const std::vector<ports::OwnedAccess>& refused,
                       const std::vector<ports::RefusedKey>& shown) override
    {
        ++asked;
        if (away) return Error(ErrorCode::unavailable, "away");
        entries.insert(entries.end(), refused.begin(), refused.end());
        keys.insert(keys.end(), shown.begin(), shown.end());
        return Done{};
    }

    bool away = false;
    int asked = 0;
    std::vector<ports::OwnedAccess> entries;
    std::vector<ports::RefusedKey> keys;
};

class RefusedAccessesTest : public testing::Test {
protected:
    static access::Principal caller(std::uint64_t key, std::uint64_t tenant = 1)
    {
        access::Principal who;
        who.kind = access::CredentialKind::user_key;
        who.tenant = TenantId(Uuid::from_words(tenant, 1));
        who.user = UserId(Uuid::from_words(3, key));
        who.key = Uuid::from_words(2, key);
        who.role = access::Role::viewer;
        return who;
    }
    static RefusedCall call(std::string_view address = "192.0.2.1", int status = 403)
    {
        return {.address = address,
                .method = "GET",
                .route = "/api/v1/users",
                .status = status,
                .code = status == 429 ? "rate_limited" : "forbidden"};
    }
    /// How many calls stand in what was stored.
    [[nodiscard]] int times() const
    {
        return std::accumulate(store_.entries.begin(), store_.entries.end(), 0,
                               [](int sum, const auto& owned) { return sum + owned.entry.times; });
    }

    Timestamp now_{28'000'000min};
    ListStore store_;
    RefusedAccesses refused_{store_, {.of_tenant = 3, .most = 5, .most_keys = 2, .clock = [this] {
                                          return now_;
                                      }}};
};

TEST_F(RefusedAccessesTest, EqualOnesAreOneEntryFromTheFirstToTheLast)
{
    const auto begun = now_;
    for (int i = 0; i < 5; ++i) {
        refused_.note(caller(1), call());
        now_ += 1s;
    }
    EXPECT_EQ(*refused_.store(100), 1U);
    ASSERT_EQ(store_.entries.size(), 1U);
    const auto& [tenant, entry] = store_.entries[0];
    EXPECT_EQ(tenant, caller(1).tenant);
    EXPECT_EQ(entry.at, begun);
    EXPECT_EQ(entry.until, begun + 4s);
    EXPECT_EQ(entry.times, 5);
    EXPECT_EQ(entry.actor, caller(1).actor());
    EXPECT_EQ(entry.means, "user_key");
    EXPECT_EQ(entry.key, caller(1).key);
    EXPECT_EQ(entry.role, "viewer");
    EXPECT_EQ(entry.address, "192.0.2.1");
    EXPECT_EQ(entry.method, "GET");
    EXPECT_EQ(entry.route, "/api/v1/users");
    EXPECT_EQ(entry.status, 403);
    EXPECT_EQ(entry.code, "forbidden");
    EXPECT_EQ(*refused_.store(100), 0U);
    EXPECT_EQ(store_.asked, 1) << "where there is nothing, nobody is asked";
}

TEST_F(RefusedAccessesTest, OneAloneHasNoEnd)
{
    refused_.note(caller(1), call());
    EXPECT_EQ(*refused_.store(100), 1U);
    EXPECT_EQ(store_.entries[0].entry.until, std::nullopt);
}

TEST_F(RefusedAccessesTest, WhoDiffersInAnythingIsAnEntryOfItsOwn)
{
    RefusedAccesses refused(store_, {});
    refused.note(caller(1), call());
    refused.note(caller(2), call());
    refused.note(caller(1, 2), call());
    refused.note(caller(1), call("192.0.2.2"));
    refused.note(caller(1), call("192.0.2.1", 429));
    auto other = call();
    other.route = "/api/v1/rules";
    refused.note(caller(1), other);
    other = call();
    other.method = "POST";
    refused.note(caller(1), other);
    other = call();
    other.code = "address_not_allowed";
    refused.note(caller(1), other);
    EXPECT_EQ(*refused.store(100), 8U);
}

TEST_F(RefusedAccessesTest, WhatATenantHasTooManyOfIsCountedAllTheSame)
{
    for (int i = 0; i < 50; ++i) refused_.note(caller(static_cast<std::uint64_t>(i)), call());
    for (int i = 0; i < 7; ++i) refused_.note(caller(static_cast<std::uint64_t>(i)), call("192.0.2.1", 429));
    EXPECT_EQ(*refused_.store(100), 3U + 2U) << "three of their own, and one for each answer";
    EXPECT_EQ(times(), 57);
    const auto rest =
        std::ranges::count_if(store_.entries, [](const auto& owned) { return owned.entry.actor.empty(); });
    EXPECT_EQ(rest, 2);
}

TEST_F(RefusedAccessesTest, WhereAllHaveTooManyEachTenantsAreCounted)
{
    for (std::uint64_t tenant = 1; tenant <= 4; ++tenant) {
        for (std::uint64_t key = 1; key <= 3; ++key) refused_.note(caller(key, tenant), call());
    }
    EXPECT_TRUE(refused_.store(100));
    EXPECT_EQ(times(), 12);
    std::map<TenantId, int> of_tenants;
    for (const auto& [tenant, entry] : store_.entries) of_tenants[tenant] += entry.times;
    EXPECT_EQ(of_tenants.size(), 4U);
    for (const auto& [tenant, sum] : of_tenants) EXPECT_EQ(sum, 3);
}

TEST_F(RefusedAccessesTest, KeysAreStoredByTheirHashAndNothingElseOfThem)
{
    refused_.note_key("wnu_secret", call("192.0.2.1", 401));
    refused_.note_key("wnu_secret", call("192.0.2.1", 401));
    EXPECT_EQ(*refused_.store(100), 1U);
    ASSERT_EQ(store_.keys.size(), 1U);
    EXPECT_EQ(store_.keys[0].hash, crypto::sha256("wnu_secret"));
    EXPECT_EQ(store_.keys[0].entry.times, 2);
    EXPECT_EQ(store_.keys[0].entry.actor, "");
}

TEST_F(RefusedAccessesTest, WhatCannotBeAKeyIsNotNoted)
{
    for (const std::string key : {"", "password", "wnp_provider"}) refused_.note_key(key, call());
    refused_.note_key("wnu_" + std::string(252, 'x'), call());
    EXPECT_EQ(*refused_.store(100), 0U);
    refused_.note_key("wnu_" + std::string(251, 'x'), call());
    EXPECT_EQ(*refused_.store(100), 1U);
}

TEST_F(RefusedAccessesTest, AFloodOfMadeUpKeysTakesNoRoomFromKnownCallers)
{
    for (int i = 0; i < 100; ++i) refused_.note_key("wnu_" + std::to_string(i), call());
    refused_.note(caller(1), call());
    EXPECT_EQ(*refused_.store(100), 2U + 1U);
    EXPECT_EQ(store_.entries.size(), 1U);
}

TEST_F(RefusedAccessesTest, WhatCouldNotBeStoredWaitsAndIsAddedToWhatCameMeanwhile)
{
    const auto begun = now_;
    refused_.note(caller(1), call());
    refused_.note_key("wnu_secret", call());
    store_.away = true;
    EXPECT_FALSE(refused_.store(100));
    now_ += 1s;
    refused_.note(caller(1), call());
    refused_.note_key("wnu_secret", call());
    store_.away = false;
    EXPECT_EQ(*refused_.store(100), 2U);
    ASSERT_EQ(store_.entries.size(), 1U);
    EXPECT_EQ(store_.entries[0].entry.times, 2);
    EXPECT_EQ(store_.entries[0].entry.at, begun);
    EXPECT_EQ(store_.entries[0].entry.until, begun + 1s);
    EXPECT_EQ(store_.keys[0].entry.times, 2);
}

TEST_F(RefusedAccessesTest, AStepTakesNoMoreThanItsLimit)
{
    for (std::uint64_t key = 1; key <= 3; ++key) refused_.note(caller(key), call());
    refused_.note_key("wnu_secret", call());
    EXPECT_EQ(*refused_.store(2), 2U);
    EXPECT_EQ(*refused_.store(2), 2U);
    EXPECT_EQ(*refused_.store(2), 0U);
    EXPECT_EQ(times(), 3);
}

}  // namespace
}  // namespace winnow::identity
