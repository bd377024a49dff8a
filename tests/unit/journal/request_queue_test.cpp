#include "request_queue_fixture.hpp"

namespace winnow::journal {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Limit = RequestQueue::Refusal::Limit;

TEST_F(RequestQueueTest, TakesATenantsRequestsInTheOrderOfArrivalUpToALimit)
{
    for (const auto* name : {"a1", "a2", "a3", "a4"}) EXPECT_FALSE(push(name));
    EXPECT_TRUE(queue_->fills({.alerts = 4}));
    EXPECT_TRUE(queue_->fills({.alerts = 9, .bytes = 40}));
    EXPECT_FALSE(queue_->fills({.alerts = 5}));
    EXPECT_THAT(take(2), ElementsAre("a1", "a2"));
    EXPECT_THAT(take(9, 10), ElementsAre("a3"));
    EXPECT_THAT(take(2), ElementsAre("a4"));
    EXPECT_EQ(queue_->waiting().alerts, 0U);
    EXPECT_EQ(queue_->waiting().requests, 0U);
}

TEST_F(RequestQueueTest, ATransactionThatIsNotFullHoldsWhateverWaits)
{
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(push("a", 300));
    EXPECT_FALSE(push("b"));
    EXPECT_THAT(take(kAny), SizeIs(101));
}

TEST_F(RequestQueueTest, OneThatIsFullHasAPartOfEachHoweverMuchOfTheOthersWaitsBefore)
{
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(push("loud", 1'000));
    EXPECT_FALSE(push("q1"));
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(push("also loud", 1'000));
    EXPECT_THAT(take(5'000), ElementsAre("loud", "q1", "also loud", "loud", "also loud", "loud"));
    EXPECT_FALSE(push("q2"));
    EXPECT_THAT(take(2'001), testing::Contains("q2"));
}

TEST_F(RequestQueueTest, WhoSendsMuchAtOncePaysForItInLaterTransactions)
{
    for (int i = 0; i < 8; ++i) EXPECT_FALSE(push("large", 5'000));
    for (int i = 0; i < 400; ++i) EXPECT_FALSE(push("small", 100));
    EXPECT_THAT(take(5'000), ElementsAre("large"));
    std::size_t large = 0;
    std::size_t small = 0;
    for (int i = 0; i < 4; ++i) {
        for (const auto& name : take(5'000)) (name == "large" ? large : small) += 1;
    }
    EXPECT_EQ(large, 3U);
    EXPECT_GE(small, 120U) << "of both about as many bytes";
}

TEST_F(RequestQueueTest, AloneATenantFillsHalfOfItAndIsToldSoAndANewcomerFindsRoom)
{
    make({.alerts = 1'000, .bytes = 1'000'000});
    const auto [loud, why] = fill("a");
    EXPECT_EQ(loud, 500U);
    EXPECT_EQ(why.limit, Limit::alerts);
    EXPECT_EQ(why.value, 500U);
    EXPECT_FALSE(why.is_nodes);
    EXPECT_FALSE(push("b", 550)) << "whatever it brings, where it fits at all";
    EXPECT_TRUE(queue_->refusal(of("a"), {}));
    EXPECT_FALSE(queue_->refusal(of("c"), {}));
}

TEST_F(RequestQueueTest, BytesAreSharedAsAlertsAre)
{
    make({.alerts = kAny, .bytes = 1'000'000});
    const auto [loud, why] = fill("a", 1'000);
    EXPECT_EQ(loud, 50'000U);
    EXPECT_EQ(why.limit, Limit::bytes);
    EXPECT_EQ(why.value, 500'000U);
    EXPECT_EQ(fill("b", 1'000).first, 25'000U);
}

TEST_F(RequestQueueTest, WhereNobodyHasRoomItIsTheNode)
{
    make({.alerts = 1'000});
    EXPECT_FALSE(push("a", 1'090));
    EXPECT_TRUE(push("a", 11)) << "a floor of a hundred, a tenth beyond the whole";
    const auto refused = push("b", 11);
    ASSERT_TRUE(refused);
    EXPECT_TRUE(refused->is_nodes);
    EXPECT_EQ(refused->value, 1'000U);
    EXPECT_FALSE(push("b", 10));
}

TEST_F(RequestQueueTest, WhatIsBeingWrittenCountsUntilItIsSettled)
{
    make({.alerts = 1'000});
    fill("a");
    EXPECT_THAT(take(kAny), SizeIs(500));
    EXPECT_TRUE(push("a")) << "a slow database must not let it have any number of transactions";
    queue_->settle(amounts());
    EXPECT_EQ(fill("a").first, 500U);
    EXPECT_THAT(queue_->take_older(RequestQueue::TimePoint::max()), SizeIs(500));
    EXPECT_EQ(fill("a").first, 500U) << "what was given up is settled";
}

TEST_F(RequestQueueTest, ATenantHasItsShareOfWhatIsNotApplied)
{
    make({.unapplied_bytes = 1'000'000});
    EXPECT_FALSE(push("a", 100, "", {.all = 499'000, .own = 498'000}));
    const fair::Held full{.all = 500'000, .own = 499'001};
    const auto refused = push("a", 1, "", full);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->limit, Limit::unapplied_bytes);
    EXPECT_EQ(refused->value, 499'000U) << "what waits here counts, too";
    EXPECT_FALSE(refused->is_nodes);
    EXPECT_TRUE(queue_->refusal(of("a"), full));
    EXPECT_FALSE(queue_->refusal(of("b"), {.all = 500'000, .own = 0}));
    EXPECT_FALSE(push("b", 1, "", {.all = 500'000, .own = 0}));
}

TEST_F(RequestQueueTest, WhatIsStoredCountsAsNotAppliedUntilItIsHandedOver)
{
    make({.alerts = 200'000, .unapplied_bytes = 1'000'000});
    EXPECT_FALSE(push("a", 60'000));
    EXPECT_THAT(take(kAny), SizeIs(1));
    queue_->stored(amounts());
    ASSERT_TRUE(push("a"));
    EXPECT_EQ(push("a")->limit, Limit::unapplied_bytes);
    queue_->handed_over(amounts());
    EXPECT_FALSE(push("a"));
}

TEST_F(RequestQueueTest, FromThreeQuartersOfItsShareOnATenantsOwnRequestsAreHeldBackAndNobodyElses)
{
    make({.unapplied_bytes = 1'000'000});
    const auto from = RequestQueue::Clock::now() + 1h;
    now_ = from;  // nothing is due before the test ends
    EXPECT_FALSE(push("a1", 1, "", {.all = 375'000, .own = 375'000}));
    EXPECT_FALSE(push("a2", 1, "", {.all = 437'500, .own = 437'500}));
    EXPECT_FALSE(push("a3")) << "its order stays";
    EXPECT_FALSE(push("b1", 1, "", {.all = 437'500, .own = 0}));
    EXPECT_EQ(queue_->waiting().requests, 4U);
    EXPECT_FALSE(queue_->fills({.alerts = 3}));
    EXPECT_THAT(take(kAny), ElementsAre("a1", "b1"));
    EXPECT_EQ(queue_->waiting().requests, 2U);
    EXPECT_FALSE(push("b2"));
    EXPECT_THAT(take(kAny), ElementsAre("b2"));
    queue_->close();
    EXPECT_THAT(take(kAny), ElementsAre("a2", "a3")) << "and nothing is held back at the end";
}

TEST_F(RequestQueueTest, WhatIsHeldBackIsTakenWhenItIsDueThoughNobodySendsAnything)
{
    make({.unapplied_bytes = 1'000'000});
    now_ = RequestQueue::Clock::now() - 50ms;
    EXPECT_FALSE(push("a1", 1, "", {.all = 437'500, .own = 437'500}));  // 100 ms
    EXPECT_FALSE(push("a2"));
    EXPECT_THAT(take(kAny), ElementsAre("a1", "a2"));
    EXPECT_GE(RequestQueue::Clock::now(), now_ - 1ms + 100ms);
}

TEST_F(RequestQueueTest, WhatIsHeldBackIsGivenUpAsWhatIsNot)
{
    make({.unapplied_bytes = 1'000'000});
    now_ = RequestQueue::Clock::now() + 1h;
    EXPECT_FALSE(push("a1"));
    const auto first = now_;
    EXPECT_FALSE(push("a2", 1, "", {.all = 437'500, .own = 437'500}));
    EXPECT_FALSE(push("a3"));
    EXPECT_THAT(names(queue_->take_older(first + 1ms)), ElementsAre("a1", "a2"));
    EXPECT_FALSE(push("b1"));
    EXPECT_THAT(take(kAny), ElementsAre("b1"));
    EXPECT_THAT(names(queue_->take_older(RequestQueue::TimePoint::max())), ElementsAre("a3"));
    EXPECT_EQ(queue_->waiting().requests, 0U);
}

TEST_F(RequestQueueTest, AKeyThatIsInATransactionTwiceWaitsForTheNext)
{
    for (const auto& [name, key] : {std::pair{"a1", "k"}, {"a2", ""}, {"a3", "k"}, {"a4", "k"}, {"a5", "other"}}) {
        EXPECT_FALSE(push(name, 1, key));
    }
    EXPECT_FALSE(push("b1", 1, "k")) << "its own";
    EXPECT_THAT(take(kAny), ElementsAre("a1", "a2", "a5", "b1"));
    EXPECT_EQ(queue_->waiting().requests, 2U);
    EXPECT_THAT(take(kAny), ElementsAre("a3"));
    EXPECT_THAT(take(kAny), ElementsAre("a4"));
}

TEST_F(RequestQueueTest, WhatIsPutBackStandsWhereItStoodWhateverCameBackBefore)
{
    for (const auto* name : {"a1", "a2", "b1", "a3", "a4"}) EXPECT_FALSE(push(name));
    auto first = queue_->take({.alerts = 2});
    auto second = queue_->take({.alerts = 2});
    queue_->put_back(std::move(second));
    queue_->put_back(std::move(first));
    EXPECT_EQ(queue_->waiting().alerts, 5U);
    EXPECT_THAT(take(kAny), ElementsAre("a1", "a2", "a3", "a4", "b1"));
}

TEST_F(RequestQueueTest, GivesUpWhatIsOlderThanALimit)
{
    for (const auto* name : {"a1", "a2", "a3"}) EXPECT_FALSE(push(name));
    EXPECT_THAT(names(queue_->take_older(RequestQueue::TimePoint{} + 2ms)), ElementsAre("a1", "a2"));
    EXPECT_EQ(queue_->waiting().alerts, 1U);
    EXPECT_THAT(take(kAny), ElementsAre("a3"));
}

TEST_F(RequestQueueTest, WhatWasTakenBeforeTheEndIsGivenOutAndNothingIsTakenAfterIt)
{
    EXPECT_FALSE(push("a1"));
    queue_->close();
    const auto late = push("a2");
    ASSERT_TRUE(late);
    EXPECT_EQ(late->limit, Limit::closed);
    EXPECT_THAT(take(kAny), ElementsAre("a1"));
    EXPECT_THAT(take(kAny), IsEmpty());
}

TEST_F(RequestQueueTest, ClosingWakesWhoeverWaits)
{
    std::jthread taker([this] { EXPECT_THAT(queue_->take({.alerts = 1}), IsEmpty()); });
    std::jthread pauser([this] { EXPECT_FALSE(queue_->pause(1h)); });
    queue_->close();
}

}  // namespace
}  // namespace winnow::journal
