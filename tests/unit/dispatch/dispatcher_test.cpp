#include "fakes.hpp"

namespace winnow::dispatch {
namespace {

TEST_F(DispatcherTest, EverythingOwedIsSentOnceAndRecorded)
{
    owe(20, 4);
    start();
    ASSERT_TRUE(eventually([&] { return in_state(domain::DeliveryState::delivered) == 20; }));
    EXPECT_EQ(channel_.sent(), 20U);
    for (std::uint64_t i = 0; i < 20; ++i) EXPECT_EQ(outbox_.row(delivery(i)).attempts, 1);
}

TEST_F(DispatcherTest, RemindedItTellsTimelinesWhatTheyAreOwed)
{
    start();
    ASSERT_TRUE(eventually([&] { return outbox_.with([](auto& outbox) { return outbox.settles_ == 1; }); }));
    dispatcher_->poke();
    ASSERT_TRUE(eventually([&] { return outbox_.with([](auto& outbox) { return outbox.claims_ >= 4; }); }));
    EXPECT_EQ(outbox_.with([](auto& outbox) { return outbox.settles_; }), 1);
    dispatcher_->remind();
    EXPECT_TRUE(eventually([&] { return outbox_.with([](auto& outbox) { return outbox.settles_ == 2; }); }));
}

TEST_F(DispatcherTest, AnOutboxThatCannotBeAskedIsAskedAgain)
{
    owe(3);
    outbox_.with([](auto& outbox) { outbox.claim_errors_ = outbox.due_errors_ = 2; });
    start();
    ASSERT_TRUE(eventually([&] { return in_state(domain::DeliveryState::delivered) == 3; }));
    EXPECT_EQ(channel_.sent(), 3U);
}

TEST_F(DispatcherTest, AResultThatCannotBeStoredIsStoredLaterAndNothingIsSentTwice)
{
    owe(3, 3);
    outbox_.with([](auto& outbox) {
        outbox.record_errors_ = {Error(ErrorCode::unavailable, "away"), Error(ErrorCode::timeout, "lost")};
    });
    start();
    ASSERT_TRUE(eventually([&] { return in_state(domain::DeliveryState::delivered) == 3; }));
    EXPECT_EQ(channel_.sent(), 3U);
}

TEST_F(DispatcherTest, AResultThatIsRefusedIsLeftToItsLeaseAndHoldsUpNobody)
{
    owe(1);
    outbox_.with([](auto& outbox) { outbox.record_errors_ = {Error(ErrorCode::internal, "refused")}; });
    start();
    ASSERT_TRUE(eventually([&] { return outbox_.with([](auto& outbox) { return outbox.records_ >= 1; }); }));
    outbox_.with([](auto& outbox) { outbox.rows_[delivery(7)].contact = contact(7); });
    dispatcher_->poke();
    ASSERT_TRUE(eventually([&] { return outbox_.row(delivery(7)).state == domain::DeliveryState::delivered; }));
    EXPECT_EQ(outbox_.row(delivery(0)).state, domain::DeliveryState::sending);
}

TEST_F(DispatcherTest, FailuresAreRetriedAndRefusalsAreFinal)
{
    owe(1);
    channel_.answer(Outcome::retry);
    start();
    ASSERT_TRUE(eventually([&] { return outbox_.with([](auto& outbox) { return outbox.records_ >= 1; }); }));
    EXPECT_EQ(outbox_.row(delivery(0)).attempts, 1);
    EXPECT_GT(outbox_.row(delivery(0)).retry_after, 0ms);
    channel_.answer(Outcome::refused);
    outbox_.with([](auto& outbox) { outbox.rows_.at(delivery(0)).due = true; });
    dispatcher_->poke();
    ASSERT_TRUE(eventually([&] { return outbox_.row(delivery(0)).state == domain::DeliveryState::dead; }));
}

TEST_F(DispatcherTest, WhatIsHandedBackIsNoAttempt)
{
    owe(5);
    channel_.hold();
    outbox_.with([](auto& outbox) { outbox.careless_ = true; });  // more of one contact than it may have
    start();
    ASSERT_TRUE(eventually([&] { return outbox_.with([](auto& outbox) { return outbox.records_ >= 1; }); }));
    EXPECT_EQ(channel_.sent(), 2U);
    dispatcher_->stop(0ms);
    for (std::uint64_t i = 0; i < 5; ++i) {
        const auto row = outbox_.row(delivery(i));
        EXPECT_EQ(row.state, domain::DeliveryState::pending) << i;
        EXPECT_LE(row.attempts, 1) << i << ": only what was sent counts";
    }
    EXPECT_EQ(outbox_.with([](auto& outbox) {
        int attempts = 0;
        for (const auto& [id, row] : outbox.rows_) attempts += row.attempts;
        return attempts;
    }),
              2);
    channel_.let_go();
}

TEST_F(DispatcherTest, WhatADeadNodeHadUnderWayIsSentAgainAtOnce)
{
    owe(2);
    outbox_.with([](auto& outbox) {
        for (auto& [id, row] : outbox.rows_) row.state = domain::DeliveryState::sending;
        outbox.free_errors_ = 1;
    });
    start();
    dispatcher_->take_over(7);
    EXPECT_EQ(outbox_.row(delivery(0)).state, domain::DeliveryState::sending) << "its lease runs out";
    dispatcher_->take_over(8);
    ASSERT_TRUE(eventually([&] { return in_state(domain::DeliveryState::delivered) == 2; }));
    EXPECT_EQ(outbox_.freed_, (std::vector{std::pair(domain::StreamId{7}, std::string("node")),
                                           std::pair(domain::StreamId{8}, std::string("node"))}));
    EXPECT_THAT(metrics_.exposition(), testing::HasSubstr("winnow_delivery_freed_leases_total 2"));
}

TEST_F(DispatcherTest, WhatHangsLeavesPlacesAndRetriesComeAfterFirstAttempts)
{
    outbox_.with([&](auto& outbox) {
        for (std::uint64_t i = 0; i < 100; ++i) {
            outbox.rows_[delivery(i)] = {.contact = contact(i), .attempts = i < 50 ? 3 : 0};
        }
    });
    channel_.hold();
    start();
    ASSERT_TRUE(eventually([&] { return channel_.sent() == 32; }));
    EXPECT_THAT(metrics_.exposition(), testing::HasSubstr("winnow_delivery_retries_in_flight 0"));
    for (std::uint64_t i = 0; i < 50; ++i) EXPECT_EQ(outbox_.row(delivery(i)).attempts, 3) << i;
    dispatcher_->stop(0ms);
    channel_.let_go();
}

TEST_F(DispatcherTest, StoppingWaitsForWhatIsInFlightAndRecordsIt)
{
    owe(1);
    channel_.hold();
    start();
    ASSERT_TRUE(eventually([&] { return channel_.sent() == 1; }));
    std::jthread stopping([&] { dispatcher_->stop(30s); });
    channel_.let_go();  // a report without an outcome of its own: tried again later
    stopping.join();
    EXPECT_EQ(outbox_.row(delivery(0)).state, domain::DeliveryState::pending);
    EXPECT_EQ(outbox_.row(delivery(0)).attempts, 1);
}

TEST_F(DispatcherTest, AReportThatComesAfterTheEndFallsIntoNothing)
{
    owe(1);
    channel_.hold();
    start();
    ASSERT_TRUE(eventually([&] { return channel_.sent() == 1; }));
    dispatcher_.reset();
    EXPECT_EQ(outbox_.row(delivery(0)).state, domain::DeliveryState::pending) << "due again at once";
    channel_.let_go();
}

TEST_F(DispatcherTest, StoppingWhileTheDatabaseIsAwayEnds)
{
    owe(1);
    channel_.hold();
    start();
    ASSERT_TRUE(eventually([&] { return channel_.sent() == 1; }));
    outbox_.with([](auto& outbox) {
        outbox.claim_errors_ = 1'000;
        outbox.record_errors_.assign(1'000, Error(ErrorCode::unavailable, "away"));
    });
    dispatcher_->stop(0ms);
    EXPECT_EQ(outbox_.row(delivery(0)).state, domain::DeliveryState::sending) << "its lease runs out";
    channel_.let_go();
}

TEST_F(DispatcherTest, WhereAllWaitForLaterNobodyIsLookedAtAgainAndAgain)
{
    outbox_.with([](auto& outbox) {
        outbox.more_ = true;
        outbox.due_ = false;
    });
    start();
    int claims = 0;
    ASSERT_TRUE(eventually([&] {
        claims = outbox_.with([](auto& outbox) { return outbox.settles_ > 0 ? outbox.claims_ : 0; });
        return claims > 0;
    }));
    EXPECT_LT(claims, 16) << "one of each kind, and perhaps of the next rounds";
}

}  // namespace
}  // namespace winnow::dispatch
