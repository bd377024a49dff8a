#include "queues.hpp"

#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace winnow::fair {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Limit = Refused::Limit;
using Whose = Refused::Whose;

TEST(TenantQueues, AloneATenantMayHoldHalfAndNewcomersAlwaysFindRoom)
{
    Queues queues({.items = 64, .floor_items = 2});
    std::size_t held = 0;
    while (!queues.push("a")) ++held;
    EXPECT_EQ(held, 32U);
    EXPECT_EQ(queues.push("a"), (Refused{Limit::items, 32, Whose::tenant}));
    held = 0;
    while (!queues.push("b")) ++held;
    EXPECT_EQ(held, 16U);
    EXPECT_FALSE(queues.push("c"));
}

TEST(TenantQueues, ATenantNeverHoldsMoreThanItsOwnLimit)
{
    Queues queues({.items = 512, .tenant_items = 3});
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(queues.push("a"));
    EXPECT_EQ(queues.push("a"), (Refused{Limit::items, 3, Whose::tenant}));
    EXPECT_EQ(queues.take(), "a");
    EXPECT_FALSE(queues.push("a")) << "what is in flight does not wait";
}

TEST(TenantQueues, FloorsGoBeyondTheWholeByATenthThenItIsTheNodeThatIsFull)
{
    Queues queues({.items = 20, .floor_items = 2});
    std::size_t held = 0;
    std::optional<Refused> last;
    for (char name = 'a'; name <= 'z'; ++name) {
        while (!(last = queues.push(std::string(1, name)))) ++held;
    }
    EXPECT_EQ(held, 22U);
    EXPECT_EQ(last, (Refused{Limit::items, 20, Whose::node}));
    EXPECT_EQ(queues.push("a"), (Refused{Limit::items, 2, Whose::tenant}))
        << "who holds more than its floor is told so";
}

TEST(TenantQueues, BytesAreSharedAsItemsAre)
{
    Queues queues({.items = 1'000, .bytes = 1'000, .floor_bytes = 50});
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(queues.push("a", {.bytes = 100}));
    EXPECT_EQ(queues.push("a", {.bytes = 100}), (Refused{Limit::bytes, 500, Whose::tenant}));
    EXPECT_FALSE(queues.push("b", {.bytes = 500}));
    EXPECT_EQ(queues.push("c", {.bytes = 51}), (Refused{Limit::bytes, 50, Whose::tenant}));
    EXPECT_FALSE(queues.push("c", {.bytes = 50}));
    EXPECT_FALSE(queues.push("d", {.bytes = 50}));
    EXPECT_EQ(queues.push("e", {.bytes = 50}), (Refused{Limit::bytes, 1'000, Whose::node}));
    EXPECT_EQ(queues.queues_.order().bytes(), 1'100U);
    queues.serve(20, 1);
    EXPECT_EQ(queues.queues_.order().bytes(), 0U);
}

TEST(TenantQueues, WhatIsRefusedIsLeftUntouched)
{
    TenantQueues<std::unique_ptr<int>> queues({.tenant_items = 1});
    auto first = std::make_unique<int>(1);
    auto second = std::make_unique<int>(2);
    EXPECT_FALSE(queues.push(tenant(1), first, Instant{}));
    EXPECT_TRUE(queues.push(tenant(1), second, Instant{}));
    EXPECT_FALSE(first);
    EXPECT_TRUE(second);
}

TEST(TenantQueues, WhatNobodyWantsIsThrownOutFreeOfChargeWhenItsTurnComes)
{
    Queues queues({.tenant_in_flight = 9, .quantum = 10}, [](const std::string& item) { return item.ends_with('x'); });
    for (const auto* item : {"a1x", "a2x", "a3", "b1x"}) EXPECT_FALSE(queues.push(item));
    EXPECT_EQ(queues.take(), "a3");
    EXPECT_THAT(queues.queues_.dead(), ElementsAre("a1x", "a2x"));
    EXPECT_EQ(queues.take(), "");
    EXPECT_THAT(queues.queues_.dead(), ElementsAre("b1x"));
    EXPECT_THAT(queues.queues_.dead(), IsEmpty());
    EXPECT_EQ(queues.queues_.order().items(), 0U);
}

TEST(TenantQueues, WhatNobodyWantsMakesRoom)
{
    Queues queues({.tenant_items = 2}, [](const std::string& item) { return item.ends_with('x'); });
    for (const auto* item : {"a1x", "a2"}) EXPECT_FALSE(queues.push(item));
    EXPECT_FALSE(queues.push("a3"));
    EXPECT_THAT(queues.queues_.dead(), ElementsAre("a1x"));
    EXPECT_TRUE(queues.push("a4"));
    EXPECT_THAT(queues.serve(9, 1), ElementsAre("a2", "a3", ""));
}

TEST(TenantQueues, ADeadItemOfAnAtItsCapTenantDoesNotStopTheOthers)
{
    Queues queues({.tenant_in_flight = 1}, [](const std::string& item) { return item.ends_with('x'); });
    for (const auto* item : {"a1", "a2x", "b1x", "b2"}) EXPECT_FALSE(queues.push(item));
    EXPECT_EQ(queues.take(), "a1");
    EXPECT_EQ(queues.take(), "b2");
    queues.done("a1", 1);
    EXPECT_EQ(queues.take(), "");
    EXPECT_THAT(queues.queues_.dead(), ElementsAre("b1x", "a2x"));
}

TEST(TenantQueues, OnceTheOldestHasWaitedLongTheNewestGoesFirst)
{
    Queues queues({.tenant_in_flight = 9, .newest_first_after = 1s});
    EXPECT_FALSE(queues.push("a1"));
    EXPECT_FALSE(queues.push("a2"));
    queues.now += 1s;
    EXPECT_EQ(queues.take(), "a1");
    EXPECT_FALSE(queues.push("a3"));
    queues.now += 1ms;
    EXPECT_EQ(queues.take(), "a3");
    EXPECT_EQ(queues.take(), "a2");
}

TEST(TenantQueues, WhatTakesItsTurnDoesSoWhereTheNewestGoFirst)
{
    Queues queues({.tenant_in_flight = 9, .newest_first_after = 1s});
    EXPECT_FALSE(queues.push("a1"));
    EXPECT_FALSE(queues.push("a2 in turn", {.in_turn = true}));
    EXPECT_FALSE(queues.push("a3 in turn", {.in_turn = true}));
    queues.now += 500ms;
    EXPECT_FALSE(queues.push("a4 in turn", {.in_turn = true}));
    EXPECT_FALSE(queues.push("a5"));
    queues.now += 501ms;
    EXPECT_EQ(queues.take(), "a2 in turn") << "which is as stale as the oldest, and nobody repeats it";
    EXPECT_EQ(queues.take(), "a3 in turn") << "the oldest first";
    EXPECT_EQ(queues.take(), "a5") << "the newest, since the next that takes its turn is not stale yet";
    queues.now += 500ms;
    EXPECT_EQ(queues.take(), "a4 in turn");
    EXPECT_EQ(queues.take(), "a1");
}

TEST(TenantQueues, WhatTakesItsTurnIsNoneOfWhatATenantMayHold)
{
    Queues queues({.items = 10, .tenant_items = 2, .tenant_in_flight = 9});
    EXPECT_FALSE(queues.push("a1", {.in_turn = true}));
    for (const auto* item : {"a2", "a3"}) EXPECT_FALSE(queues.push(item)) << "as many as without it";
    EXPECT_TRUE(queues.push("a4"));
    EXPECT_FALSE(queues.push("a5", {.in_turn = true})) << "and it is not refused for the others' sake";
    EXPECT_THAT(queues.serve(4, 1), ElementsAre("a1", "a2", "a3", "a5"));
    for (const auto* item : {"a6", "a7"}) EXPECT_FALSE(queues.push(item));
    EXPECT_TRUE(queues.push("a8")) << "what was taken is not counted any more";
}

TEST(TenantQueues, AQuickThreadPassesOverSlowTenants)
{
    Queues queues({.tenant_in_flight = 9, .quantum = 1'000, .slow_cost = 100});
    for (const auto* item : {"a1", "a2"}) EXPECT_FALSE(queues.push(item));
    EXPECT_EQ(queues.take(Lane::quick), "a1") << "nothing is known of it";
    queues.done("a1", 101);
    EXPECT_TRUE(queues.queues_.order().is_slow(Queues::of("a"), queues.now));
    EXPECT_EQ(queues.take(Lane::quick), "");
    EXPECT_FALSE(queues.push("b1"));
    EXPECT_EQ(queues.take(Lane::quick), "b1");
    EXPECT_EQ(queues.take(Lane::any), "a2");
}

TEST(TenantQueues, SlownessIsOfLateAndEnds)
{
    Queues queues({.tenant_in_flight = 9, .quantum = 1'000, .slow_cost = 100});
    for (int i = 0; i < 40; ++i) EXPECT_FALSE(queues.push("a"));
    queues.serve(1, 400);
    EXPECT_EQ(queues.take(Lane::quick), "");
    queues.serve(30, 1);
    EXPECT_EQ(queues.take(Lane::quick), "a");
}

TEST(TenantQueues, AnOverrunMakesATenantSlowForAMinuteThoughItGoesIdle)
{
    Queues queues({.tenant_in_flight = 9, .quantum = 1'000});
    EXPECT_FALSE(queues.push("a1"));
    EXPECT_EQ(queues.take(), "a1");
    queues.done("a1", 1, /*overran=*/true);
    EXPECT_EQ(queues.take(), "");
    queues.now += 59s;
    EXPECT_FALSE(queues.push("a2"));
    EXPECT_EQ(queues.take(Lane::quick), "");
    queues.now += 1s;
    EXPECT_EQ(queues.take(Lane::quick), "a2");
}

TEST(TenantQueues, OthersWaitTellsWhetherAnybodyElseDoes)
{
    Queues queues(limits(10));
    const auto a = Queues::of("a");
    EXPECT_FALSE(queues.queues_.others_wait(a));
    EXPECT_FALSE(queues.push("a1"));
    EXPECT_FALSE(queues.queues_.others_wait(a));
    EXPECT_FALSE(queues.push("b1"));
    EXPECT_TRUE(queues.queues_.others_wait(a));
    EXPECT_EQ(queues.take(), "a1");
    EXPECT_EQ(queues.take(), "b1");
    EXPECT_FALSE(queues.queues_.others_wait(a)) << "what is in flight does not wait";
}

TEST(TenantQueues, DropIfTakesOutATenantsItemsInOrder)
{
    Queues queues(limits(10));
    for (const auto* item : {"a1", "a2", "a3", "b1"}) EXPECT_FALSE(queues.push(item));
    EXPECT_THAT(queues.queues_.drop_if(Queues::of("a"), [](const std::string& item) { return item != "a2"; }),
                ElementsAre("a1", "a3"));
    EXPECT_THAT(queues.queues_.drop_if(Queues::of("z"), [](const std::string&) { return true; }), IsEmpty());
    EXPECT_THAT(queues.serve(9, 1), ElementsAre("a2", "b1", ""));
}

TEST(TenantQueues, ClearGivesBackAllThatWaits)
{
    Queues queues({.tenant_in_flight = 1}, [](const std::string& item) { return item.ends_with('x'); });
    for (const auto* item : {"a1", "a2", "b1x"}) EXPECT_FALSE(queues.push(item));
    EXPECT_EQ(queues.take(), "a1");
    EXPECT_THAT(queues.queues_.clear(), testing::UnorderedElementsAre("a2", "b1x"));
    EXPECT_EQ(queues.queues_.order().items(), 0U);
    queues.done("a1", 1);
    EXPECT_EQ(queues.take(), "");
}

TEST(TurnOrder, WhoIsPassedOverKeepsItsPlaceAndNobodyWaitsForIt)
{
    TurnOrder order({.tenant_in_flight = 100, .quantum = 10});
    const Instant now{1h};
    for (const auto number : {1, 2}) order.add(tenant(static_cast<std::uint64_t>(number)), 1, now);
    order.add(tenant(1), 1, now);
    order.pass_over(tenant(1), true);
    EXPECT_EQ(order.next(Lane::any, now), tenant(2));
    static_cast<void>(order.begin(tenant(2), 1, 10));
    EXPECT_EQ(order.next(Lane::any, now), std::nullopt);
    EXPECT_EQ(order.items(), 2U);
    order.pass_over(tenant(1), false);
    EXPECT_EQ(order.next(Lane::any, now), tenant(1));
}

TEST(TurnOrder, WhoseItemsAreGoneIsPassedOverNoMore)
{
    TurnOrder order({.tenant_in_flight = 100, .quantum = 10});
    const Instant now{1h};
    order.pass_over(tenant(1), true);  // nobody knows it
    order.add(tenant(1), 1, now);
    EXPECT_EQ(order.next(Lane::any, now), tenant(1));
    order.pass_over(tenant(1), true);
    order.drop(tenant(1), 1);
    order.pass_over(tenant(1), true);
    order.add(tenant(1), 1, now);
    EXPECT_EQ(order.next(Lane::any, now), tenant(1));
}

/// Whatever comes: counts agree, nobody exceeds a cap, nothing is lost, and who waits is served if anybody is.
TEST(TenantQueues, HoldsWhatItPromisesUnderAnyOrderOfCalls)
{
    for (std::uint32_t seed = 1; seed <= 200; ++seed) {
        std::uint32_t state = seed * 2'654'435'761U;
        const auto dice = [&](std::uint32_t sides) {
            state = state * 1'664'525U + 1'013'904'223U;
            return (state >> 8U) % sides;
        };
        const QueueLimits bounds{.items = 1 + dice(40),
                                 .bytes = 1 + dice(400),
                                 .tenant_items = 1 + dice(20),
                                 .floor_items = 1 + dice(3),
                                 .floor_bytes = 1 + dice(30),
                                 .tenant_in_flight = 1 + dice(3),
                                 .quantum = 1 + static_cast<Cost>(dice(20)),
                                 .slow_cost = static_cast<Cost>(dice(2) * 10),
                                 .newest_first_after = std::chrono::milliseconds{dice(2) * 50}};
        TenantQueues<std::pair<TenantId, bool>> queues(bounds, [](const auto& item) { return item.second; });
        Instant now{1h};
        std::size_t taken_in = 0;
        std::size_t given_back = 0;
        std::map<TenantId, std::size_t> flying;
        std::vector<Ticket> tickets;
        for (int step = 0; step < 400; ++step) {
            now += std::chrono::milliseconds{dice(20'000)};
            std::pair item{tenant(dice(5)), dice(10) == 0};
            if (dice(3) != 0) {
                const auto who = item.first;
                if (!queues.push(who, item, now, {.bytes = dice(20), .in_turn = dice(4) == 0})) ++taken_in;
            } else if (auto taken = queues.take(now, dice(3) == 0 ? Lane::quick : Lane::any)) {
                EXPECT_FALSE(taken->item.second);
                EXPECT_EQ(taken->item.first, taken->ticket.tenant);
                ASSERT_LE(++flying[taken->ticket.tenant], bounds.tenant_in_flight);
                tickets.push_back(taken->ticket);
                ++given_back;
            }
            if (!tickets.empty() && dice(2) == 0) {
                --flying[tickets.back().tenant];
                queues.done(tickets.back(), static_cast<Cost>(dice(100)), now, dice(10) == 0);
                tickets.pop_back();
            }
            given_back += queues.dead().size();
            ASSERT_LE(queues.order().items(), bounds.items + bounds.items / 10);
            ASSERT_LE(queues.order().bytes(), bounds.bytes + bounds.bytes / 10);
            ASSERT_EQ(queues.order().in_flight(), tickets.size());
            ASSERT_EQ(taken_in, given_back + queues.order().items());
        }
        for (const auto& ticket : tickets) queues.done(ticket, 1, now);
        while (auto taken = queues.take(now)) {
            ++given_back;
            queues.done(taken->ticket, 1, now);
        }
        given_back += queues.dead().size();
        EXPECT_EQ(taken_in, given_back) << "seed " << seed;
        EXPECT_EQ(queues.order().items(), 0U);
        now += bounds.memory;
        EXPECT_FALSE(queues.take(now));
        EXPECT_EQ(queues.order().tenants(), 0U) << "seed " << seed;
    }
}

}  // namespace
}  // namespace winnow::fair
