#include "winnow/pipeline/config_cache.hpp"

#include "unit/pipeline/fakes.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <future>

namespace winnow::pipeline {
namespace {

class ConfigCacheTest : public testing::Test {
protected:
    /// A tenant's configuration whose name says which one it is.
    void put(const std::string& name, std::int64_t version, bool notify = true)
    {
        auto made = config(tenant_);
        made.tenant.name = name;
        made.tenant.config_version = version;
        store_.put(std::move(made), notify);
    }
    std::string name() { return cache_.get(tenant_).value()->config.tenant.name; }

    const TenantId tenant_ = tenant_id(1);
    FakeConfigStore store_;
    std::atomic<int> changes_ = 0;
    std::atomic<int> credential_changes_ = 0;
    ConfigCache cache_{store_, "https://winnow.example", [this](const ports::TenantChange& change) {
                           if (change.policy) ++changes_;
                           if (change.credentials) ++credential_changes_;
                       }};
};

TEST_F(ConfigCacheTest, ReadsATenantOnce)
{
    put("first", 1, false);
    EXPECT_EQ(name(), "first");
    EXPECT_EQ(name(), "first");
    EXPECT_EQ(store_.loads(), 1);
}

TEST_F(ConfigCacheTest, SaysWhereLinksLead)
{
    put("first", 1, false);
    EXPECT_EQ(cache_.get(tenant_).value()->config.public_url, "https://winnow.example");
}

TEST_F(ConfigCacheTest, ManyWhoAskAtOnceShareOneLoad)
{
    put("first", 1, false);
    store_.hold(true);
    std::vector<std::future<std::string>> asked;
    for (int i = 0; i < 8; ++i) asked.push_back(std::async(std::launch::async, [&] { return name(); }));
    ASSERT_TRUE(eventually([&] { return store_.loads() >= 1; }));
    const TenantId other = tenant_id(99);
    auto apart = std::async(std::launch::async, [&] { return cache_.get(other).error().code(); });
    ASSERT_TRUE(eventually([&] { return store_.loads() >= 2; })) << "another tenant's load runs beside it";
    store_.hold(false);
    for (auto& each : asked) EXPECT_EQ(each.get(), "first");
    EXPECT_EQ(apart.get(), ErrorCode::not_found);
    EXPECT_EQ(store_.loads(), 2);
}

TEST_F(ConfigCacheTest, AFailedLoadFailsAllWhoWaitedForItAndIsNotRemembered)
{
    store_.hold(true);
    std::vector<std::future<ErrorCode>> asked;
    for (int i = 0; i < 4; ++i) {
        asked.push_back(std::async(std::launch::async, [&] { return cache_.get(tenant_).error().code(); }));
    }
    ASSERT_TRUE(eventually([&] { return store_.loads() >= 1; }));
    store_.hold(false);
    for (auto& each : asked) EXPECT_EQ(each.get(), ErrorCode::not_found);
    put("first", 1, false);
    EXPECT_EQ(name(), "first");
}

TEST_F(ConfigCacheTest, RemembersNoFailure)
{
    EXPECT_EQ(cache_.get(tenant_).error().code(), ErrorCode::not_found);
    store_.fail(Error(ErrorCode::unavailable, "away"));
    EXPECT_EQ(cache_.get(tenant_).error().code(), ErrorCode::unavailable);
    store_.fail(std::nullopt);
    put("first", 1, false);
    EXPECT_EQ(name(), "first");
}

TEST_F(ConfigCacheTest, AChangeIsSeenAndPassedOnWithin200Milliseconds)
{
    put("first", 1, false);
    ASSERT_EQ(name(), "first");
    const auto begun = std::chrono::steady_clock::now();
    put("second", 2);
    ASSERT_TRUE(eventually([&] { return name() == "second"; }));
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 200ms);
    EXPECT_TRUE(eventually([&] { return changes_ == 1; }));
}

TEST_F(ConfigCacheTest, AChangeDuringALoadIsNotCoveredUpByIt)
{
    put("first", 1, false);
    store_.hold(true);
    auto loading = std::async(std::launch::async, [&] { return name(); });
    ASSERT_TRUE(eventually([&] { return store_.loads() == 1; }));
    put("second", 2);
    ASSERT_TRUE(eventually([&] { return changes_ == 1; }));
    store_.hold(false);
    EXPECT_EQ(loading.get(), "second");
    EXPECT_EQ(name(), "second");
}

TEST_F(ConfigCacheTest, WhatIsNotedIsInForceBeforeAnyNoticeOfItComes)
{
    put("first", 1, false);
    ASSERT_EQ(name(), "first");
    put("second", 2, false);
    cache_.note({.tenant = tenant_, .policy = true, .credentials = false});
    EXPECT_EQ(name(), "second");
    cache_.note({.tenant = tenant_, .policy = false, .credentials = true});
    EXPECT_EQ(credential_changes_, 1) << "and is passed on before the call returns";
    EXPECT_EQ(name(), "second");
    EXPECT_EQ(store_.loads(), 2);
}

TEST_F(ConfigCacheTest, WhatIsNotedDuringALoadIsNotCoveredUpByIt)
{
    put("first", 1, false);
    store_.hold(true);
    auto loading = std::async(std::launch::async, [&] { return name(); });
    ASSERT_TRUE(eventually([&] { return store_.loads() == 1; }));
    put("second", 2, false);
    cache_.note({.tenant = tenant_, .policy = true, .credentials = false});
    auto asked = std::async(std::launch::async, [&] { return name(); });
    store_.hold(false);
    EXPECT_EQ(loading.get(), "second");
    EXPECT_EQ(asked.get(), "second");
    EXPECT_EQ(name(), "second");
    EXPECT_EQ(store_.loads(), 2);
}

TEST_F(ConfigCacheTest, ANoticeOfWhatALoadHasReadAlreadyLoadsNothingAgain)
{
    put("second", 2, false);
    store_.hold(true);
    auto loading = std::async(std::launch::async, [&] { return name(); });
    ASSERT_TRUE(eventually([&] { return store_.loads() == 1; }));
    put("second", 2);  // nothing but the notice
    ASSERT_TRUE(eventually([&] { return changes_ == 1; }));
    store_.hold(false);
    EXPECT_EQ(loading.get(), "second");
    EXPECT_EQ(name(), "second");
    EXPECT_EQ(store_.loads(), 1);
}

TEST_F(ConfigCacheTest, ListensAgainAfterAFailure)
{
    put("first", 1, false);
    ASSERT_EQ(name(), "first");
    store_.fail_to_listen(1);
    put("second", 2);
    EXPECT_TRUE(eventually([&] { return name() == "second"; }));
}

// It waits for the poll's own time, three seconds. What else a comparison finds is tested by comparing at once.
TEST_F(ConfigCacheTest, AMissedNoticeIsMadeUpForByThePoll)
{
    put("first", 1, false);
    ASSERT_EQ(name(), "first");
    put("second", 2, false);
    EXPECT_EQ(name(), "first");
    EXPECT_TRUE(eventually([&] { return name() == "second"; }));
    EXPECT_TRUE(eventually([&] { return changes_ == 1; }));
}

TEST_F(ConfigCacheTest, TellsWhichVersionsItComparedLast)
{
    const auto told = [&] {
        return cache_.compared() == ports::sum_of(store_.versions().value());
    };
    put("first", 1, false);
    EXPECT_FALSE(told());
    cache_.compare();
    EXPECT_TRUE(eventually(told));
    put("second", 2, false);
    EXPECT_FALSE(told()) << "whoever reads these says so, again and again";
    cache_.compare();
    EXPECT_TRUE(eventually(told));
}

TEST_F(ConfigCacheTest, AComparisonThatWasNotPassedOnIsNone)
{
    std::atomic<bool> fails = true;
    std::atomic<int> told = 0;
    ConfigCache cache(store_, "", [&](const ports::TenantChange& change) {
        if (!change.policy) return;
        ++told;
        if (fails) throw std::bad_alloc();
    });
    put("first", 1, false);
    ASSERT_TRUE(cache.get(tenant_));
    put("second", 2, false);
    const auto second = ports::sum_of(store_.versions().value());
    cache.compare();
    ASSERT_TRUE(eventually([&] { return told > 0; }));
    EXPECT_NE(cache.compared(), second);
    fails = false;
    EXPECT_TRUE(eventually([&] {
        cache.compare();
        return cache.compared() == second;
    }));
}

TEST(VersionsSumTest, DiffersWhereATenantOrAVersionHasComeOrGone)
{
    using All = std::vector<std::pair<TenantId, ports::TenantVersions>>;
    const All all{{tenant_id(1), {.policy = 1, .credentials = 1}}, {tenant_id(2), {.policy = 1, .credentials = 1}}};
    const All later{{tenant_id(1), {.policy = 2, .credentials = 1}}, {tenant_id(2), {.policy = 1, .credentials = 1}}};
    const All others{{tenant_id(1), {.policy = 1, .credentials = 1}}, {tenant_id(3), {.policy = 1, .credentials = 1}}};
    const All fewer{all.front()};
    EXPECT_EQ(ports::sum_of(all), ports::sum_of(all));
    for (const auto& other : {later, others, fewer, All{}}) EXPECT_NE(ports::sum_of(all), ports::sum_of(other));
}

TEST_F(ConfigCacheTest, AChangeOfCredentialsIsPassedOnAndLoadsNoPolicyAgain)
{
    put("first", 1, false);
    ASSERT_EQ(name(), "first");
    store_.change_credentials(tenant_);
    ASSERT_TRUE(eventually([&] { return credential_changes_ == 1; }));
    EXPECT_EQ(name(), "first");
    EXPECT_EQ(store_.loads(), 1);
    EXPECT_EQ(changes_, 0);
}

TEST_F(ConfigCacheTest, AMissedNoticeOfCredentialsIsMadeUpForByThePoll)
{
    put("first", 1, false);
    ASSERT_EQ(name(), "first");
    cache_.compare();
    ASSERT_TRUE(eventually([&] { return store_.polls() > 0; }));
    store_.change_credentials(tenant_, false);
    cache_.compare();
    EXPECT_TRUE(eventually([&] { return credential_changes_ == 1; }));
    EXPECT_EQ(store_.loads(), 1);
}

TEST_F(ConfigCacheTest, WhatIsSetAsideIsNotCompiledAndIsAgainOnceItsTimeIsOverWithoutAChange)
{
    auto made = config(tenant_);
    made.rules.resize(1);
    made.rules[0].id = RuleId(Uuid::from_words(5, 1));
    made.rules[0].name = "r";
    made.rules[0].condition = "{}";
    made.rules[0].actions = {domain::DropAction{}};
    auto aside = made;
    aside.set_asides = {{.judge = {.kind = domain::JudgeKind::rule, .id = made.rules[0].id.value()},
                         .version = made.rules[0].version,
                         .left = 1ms}};
    store_.put(aside, false);
    EXPECT_EQ(cache_.get(tenant_).value()->rules->size(), 0U);
    EXPECT_EQ(cache_.get(tenant_).value()->config.rules.size(), 1U) << "it is still there";
    store_.put(made, false);  // of the same version: nobody has changed anything
    EXPECT_TRUE(eventually([&] {
        cache_.compare();
        return cache_.get(tenant_).value()->rules->size() == 1;
    }));
    EXPECT_EQ(store_.loads(), 2) << "once is enough";
}

}  // namespace
}  // namespace winnow::pipeline
