#include "queues.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace winnow::fair {
namespace {

using testing::ElementsAre;

TEST(TenantQueues, OneTenantIsServedInOrder)
{
    Queues queues(limits(10));
    for (const auto* item : {"a1", "a2", "a3"}) EXPECT_FALSE(queues.push(item));
    EXPECT_THAT(queues.serve(9, 7), ElementsAre("a1", "a2", "a3", ""));
}

TEST(TenantQueues, ManyWithEqualCostsTakeTurns)
{
    Queues queues(limits(10));
    for (const auto* item : {"a1", "a2", "a3", "b1", "b2", "b3", "c1", "c2", "c3"}) EXPECT_FALSE(queues.push(item));
    EXPECT_THAT(queues.serve(9, 10), ElementsAre("a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3", "c3"));
}

TEST(TenantQueues, ATurnIsAQuantumOfCostAndNotACountOfItems)
{
    Queues queues(limits(10));
    for (const auto* item : {"a1", "a2", "b1", "b2", "b3", "b4"}) EXPECT_FALSE(queues.push(item));
    std::vector<std::string> order;
    for (int i = 0; i < 6; ++i) {
        order.push_back(queues.take());
        queues.done(order.back(), order.back().front() == 'a' ? 10 : 5);
    }
    EXPECT_THAT(order, ElementsAre("a1", "b1", "b2", "a2", "b3", "b4"));
}

TEST(TenantQueues, OverTimeEachGetsTheSameCostWhateverItsItemsCost)
{
    Queues queues({.items = 100'000, .tenant_in_flight = 1, .quantum = 10});
    const std::map<char, Cost> cost{{'a', 1}, {'b', 7}, {'c', 95}};
    std::map<char, Cost> spent;
    for (int i = 0; i < 5'000; ++i) {
        for (const auto& [name, each] : cost) EXPECT_FALSE(queues.push(std::string(1, name)));
    }
    for (int i = 0; i < 3'000; ++i) {
        const auto item = queues.take();
        queues.done(item, cost.at(item.front()));
        spent[item.front()] += cost.at(item.front());
    }
    EXPECT_NEAR(static_cast<double>(spent['a']), static_cast<double>(spent['b']), 110);
    EXPECT_NEAR(static_cast<double>(spent['a']), static_cast<double>(spent['c']), 110);
}

TEST(TenantQueues, WhoHasSpentMoreThanItsQuantumPaysInLaterTurns)
{
    Queues queues(limits(10));
    EXPECT_FALSE(queues.push("a1"));
    EXPECT_EQ(queues.take(), "a1");
    for (const auto* item : {"a2", "a3", "b1", "b2", "b3", "b4", "b5"}) EXPECT_FALSE(queues.push(item));
    queues.done("a1", 35);
    EXPECT_THAT(queues.serve(7, 10), ElementsAre("b1", "b2", "b3", "a2", "b4", "a3", "b5"));
}

TEST(TenantQueues, AloneATenantInDeepDebtIsServedAtOnce)
{
    Queues queues(limits(10));
    for (const auto* item : {"a1", "a2"}) EXPECT_FALSE(queues.push(item));
    EXPECT_EQ(queues.take(), "a1");
    queues.done("a1", 1'000'000'000'000);
    EXPECT_EQ(queues.take(), "a2");
}

TEST(TenantQueues, AmongDebtorsTheLeastIsServedFirst)
{
    Queues queues(limits(10));
    for (const auto* item : {"a1", "b1"}) EXPECT_FALSE(queues.push(item));
    EXPECT_EQ(queues.take(), "a1");
    EXPECT_EQ(queues.take(), "b1");
    queues.done("a1", 5'000);
    queues.done("b1", 500);
    for (const auto* item : {"a2", "b2"}) EXPECT_FALSE(queues.push(item));
    EXPECT_THAT(queues.serve(2, 1), ElementsAre("b2", "a2"));
}

TEST(TenantQueues, WhoWasIdleGoesFirstForOneQuantum)
{
    Queues queues(limits(10));
    for (const auto* item : {"a1", "a2", "a3", "a4"}) EXPECT_FALSE(queues.push(item));
    EXPECT_THAT(queues.serve(1, 10), ElementsAre("a1"));
    EXPECT_THAT(queues.serve(1, 4), ElementsAre("a2"));
    for (const auto* item : {"b1", "b2", "b3"}) EXPECT_FALSE(queues.push(item));
    EXPECT_THAT(queues.serve(2, 5), ElementsAre("b1", "b2"));
    EXPECT_THAT(queues.serve(1, 10), ElementsAre("a3")) << "b has had its quantum";
}

TEST(TenantQueues, BlinkingGainsNothing)
{
    Queues queues(limits(10));
    for (int i = 0; i < 40; ++i) EXPECT_FALSE(queues.push("a" + std::to_string(i)));
    EXPECT_THAT(queues.serve(1, 10), ElementsAre("a0"));
    // b has never more than one item, and comes back as soon as that is done.
    EXPECT_FALSE(queues.push("b"));
    Cost a = 0;
    Cost b = 0;
    for (int i = 0; i < 20; ++i) {
        const auto item = queues.take();
        (item == "b" ? b : a) += 10;
        queues.done(item, 10);
        if (item == "b") EXPECT_FALSE(queues.push("b"));
    }
    EXPECT_LE(b, a + 10) << "not more than its half";
}

TEST(TenantQueues, WhoComesBackInDebtDoesNotGoFirst)
{
    Queues queues(limits(10));
    EXPECT_FALSE(queues.push("a1"));
    EXPECT_EQ(queues.take(), "a1");
    queues.done("a1", 100);
    EXPECT_EQ(queues.take(), "");
    for (const auto* item : {"b1", "b2"}) EXPECT_FALSE(queues.push(item));
    queues.now += 59s;
    EXPECT_FALSE(queues.push("a2"));
    EXPECT_THAT(queues.serve(3, 10), ElementsAre("b1", "b2", "a2"));
}

TEST(TenantQueues, ADebtIsForgottenAfterAMinuteOfSilence)
{
    Queues queues(limits(10));
    EXPECT_FALSE(queues.push("a1"));
    EXPECT_EQ(queues.take(), "a1");
    queues.done("a1", 100'000);
    EXPECT_EQ(queues.take(), "");
    EXPECT_EQ(queues.queues_.order().tenants(), 1U);
    for (const auto* item : {"b1", "b2"}) EXPECT_FALSE(queues.push(item));
    EXPECT_THAT(queues.serve(1, 10), ElementsAre("b1"));
    queues.now += 60s;
    EXPECT_FALSE(queues.push("a2"));
    EXPECT_THAT(queues.serve(2, 10), ElementsAre("a2", "b2"));
}

TEST(TenantQueues, NothingIsKeptOfATenantThatIsIdleAndOwesNothing)
{
    Queues queues(limits(10));
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(queues.push(std::string(1, static_cast<char>(i))));
        queues.serve(1, 3);
    }
    EXPECT_EQ(queues.take(), "");
    EXPECT_EQ(queues.queues_.order().tenants(), 0U);
}

TEST(TenantQueues, AnEstimateIsPaidInAdvanceAndSettledAfterwards)
{
    Queues queues(limits(10));
    for (const auto* item : {"a1", "a2", "a3"}) EXPECT_FALSE(queues.push(item, {.cost = 10}));
    for (const auto* item : {"b1", "b2"}) EXPECT_FALSE(queues.push(item, {.cost = 10}));
    EXPECT_EQ(queues.take(), "a1");
    EXPECT_EQ(queues.take(), "b1") << "a has paid for what is in flight";
    queues.done("a1", 1);
    queues.done("b1", 10);
    EXPECT_EQ(queues.take(), "a2") << "what was not used is given back";
}

TEST(TenantQueues, WithoutAnEstimateATenantPaysWhatItsItemsCostOfLate)
{
    Queues queues(limits(10));
    EXPECT_FALSE(queues.push("a0"));
    queues.serve(1, 10);
    for (const auto* item : {"a1", "a2", "a3", "b1", "b2"}) EXPECT_FALSE(queues.push(item));
    EXPECT_EQ(queues.take(), "b1");
    EXPECT_EQ(queues.take(), "b2") << "nothing is known of it yet";
    EXPECT_EQ(queues.take(), "a1");
    EXPECT_EQ(queues.take(), "a2") << "alone it is served though it has paid with all its credit";
}

TEST(TenantQueues, ATenantHasOnlySoManyInFlight)
{
    Queues queues({.tenant_in_flight = 2, .quantum = 1'000});
    for (const auto* item : {"a1", "a2", "a3", "b1"}) EXPECT_FALSE(queues.push(item));
    EXPECT_EQ(queues.take(), "a1");
    EXPECT_EQ(queues.take(), "a2");
    EXPECT_EQ(queues.take(), "b1");
    EXPECT_EQ(queues.take(), "");
    EXPECT_EQ(queues.queues_.order().in_flight(), 3U);
    queues.done("a1", 1);
    EXPECT_EQ(queues.take(), "a3");
}

TEST(TenantQueues, WhoIsAtItsCapGathersNoCreditMeanwhile)
{
    Queues queues({.tenant_in_flight = 1, .quantum = 10});
    for (const auto* item : {"a1", "a2", "a3", "a4"}) EXPECT_FALSE(queues.push(item));
    EXPECT_EQ(queues.take(), "a1");
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(queues.push("b" + std::to_string(i)));
    queues.serve(15, 10);
    queues.done("a1", 10);
    const auto served = queues.serve(6, 10);
    EXPECT_EQ(std::ranges::count_if(served, [](const auto& item) { return item.front() == 'a'; }), 3);
}

}  // namespace
}  // namespace winnow::fair
