#include "unit/pipeline/fakes.hpp"
#include "unit/pipeline/time/one_clock.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/due_kinds.hpp"

#include <gmock/gmock.h>

namespace winnow::pipeline {
namespace {

class ExpiryKindTest : public testing::Test {
protected:
    ExpiryKindTest()
    {
        for (const auto tenant : {one_, two_, three_}) configs_.put(config(tenant), false);
    }
    bool expired(int count)
    {
        return eventually([&] {
            return metrics_.exposition().contains("winnow_expired_instances_total " + std::to_string(count) + "\n");
        });
    }

    const TenantId one_ = tenant_id(1);
    const TenantId two_ = tenant_id(2);
    const TenantId three_ = tenant_id(3);
    observe::Metrics metrics_;
    FakeConfigStore configs_;
    FakeTriageStore store_;
    ConfigCache policies_{configs_, ""};
    OneClock keeper_{kinds(make_expiry_kind(store_, policies_, {}, 5ms, metrics_)), metrics_};
};

TEST_F(ExpiryKindTest, InstancesAreEndedInPartsUntilNoneIsLeft)
{
    store_.expired_ = {{one_, 2'500}, {two_, 1}};
    keeper_.start();
    ASSERT_TRUE(expired(2'501));
    EXPECT_EQ(store_.with([](auto& store) { return store.expiries_; }), 4);
}

TEST_F(ExpiryKindTest, OneLoudTenantDoesNotKeepTheOthersWaitingUntilItIsDone)
{
    store_.expired_ = {{one_, 1'000'000'000'000}, {two_, 1}};
    keeper_.start();
    EXPECT_TRUE(eventually([&] { return store_.with([&](auto& store) { return store.expired_[two_] == 0; }); }));
    EXPECT_GT(store_.with([&](auto& store) { return store.expired_[one_]; }), 0U);
}

TEST_F(ExpiryKindTest, ATenantThatSomebodyElseFoldsIsAskedAgainAndHoldsUpNobody)
{
    store_.expired_ = {{one_, 1}, {two_, 1}, {three_, 5}};
    store_.busy_ = {one_, two_};
    keeper_.start();
    ASSERT_TRUE(expired(5));
    ASSERT_TRUE(eventually([&] { return store_.with([&](auto& store) { return store.waits_[two_] > 1; }); }))
        << "each of the busy ones is waited for now and then";
    store_.with([](auto& store) { store.busy_.clear(); });
    EXPECT_TRUE(expired(7));
}

}  // namespace
}  // namespace winnow::pipeline
