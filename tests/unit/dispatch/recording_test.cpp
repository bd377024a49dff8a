#include "fakes.hpp"

#include <tuple>

namespace winnow::dispatch {
namespace {

class RecordingResults : public DispatcherTest {};

TEST_F(RecordingResults, WhatSomebodyHoldsIsStoredLaterOthersAtOnceAndItsOwnNodeSendsItNotAgain)
{
    owe(6, 6);
    outbox_.with([](auto& outbox) { outbox.rows_.at(delivery(2)).held = true; });
    start();
    ASSERT_TRUE(eventually([&] { return in_state(domain::DeliveryState::delivered) == 5; }));
    const auto claims = outbox_.with([](auto& outbox) { return outbox.claims_; });
    dispatcher_->poke();
    ASSERT_TRUE(eventually([&] { return outbox_.with([&](auto& outbox) { return outbox.claims_ > claims + 4; }); }));
    EXPECT_EQ(channel_.sent(), 6U) << "its lease has run out, and the node knows how the attempt went";
    outbox_.with([](auto& outbox) { outbox.rows_.at(delivery(2)).held = false; });
    ASSERT_TRUE(eventually([&] { return in_state(domain::DeliveryState::delivered) == 6; }));
    EXPECT_EQ(channel_.sent(), 6U);
    EXPECT_EQ(outbox_.row(delivery(2)).attempts, 1);
}

TEST_F(RecordingResults, AnAttemptThatOutlivesItsLeaseIsNotMadeTwiceAtOnce)
{
    owe(1);
    channel_.hold();
    start(0ms);
    ASSERT_TRUE(eventually([&] { return channel_.sent() == 1; }));
    const auto claims = outbox_.with([](auto& outbox) {
        outbox.rows_.at(delivery(0)).run_out = true;
        return outbox.claims_;
    });
    dispatcher_->poke();
    ASSERT_TRUE(eventually([&] { return outbox_.with([&](auto& outbox) { return outbox.claims_ > claims + 4; }); }));
    EXPECT_EQ(channel_.sent(), 1U);
    dispatcher_->stop(0ms);
    channel_.let_go();
}

TEST_F(RecordingResults, AnAttemptWhoseLeaseAnotherNodeFreedIsItsOwnAgainAndNotMadeTwice)
{
    owe(1);
    channel_.hold();
    start();
    ASSERT_TRUE(eventually([&] { return channel_.sent() == 1; }));
    std::ignore = outbox_.free_leases(1, "another node");
    dispatcher_->poke();
    ASSERT_TRUE(eventually([&] { return outbox_.row(delivery(0)).token == 2; }));
    const auto claims = outbox_.with([](auto& outbox) { return outbox.claims_; });
    ASSERT_TRUE(eventually([&] { return outbox_.with([&](auto& outbox) { return outbox.claims_ > claims + 2; }); }));
    EXPECT_EQ(channel_.sent(), 1U);
    channel_.let_go();
    ASSERT_TRUE(eventually([&] { return in_state(domain::DeliveryState::pending) == 1; })) << "its end is not stored";
    dispatcher_->stop(0ms);
    EXPECT_THAT(metrics_.exposition(), testing::HasSubstr("winnow_deliveries_in_flight 0"));
    EXPECT_THAT(metrics_.exposition(), testing::HasSubstr("winnow_delivery_retries_in_flight 0"));
}

TEST_F(RecordingResults, OneThatIsRefusedKeepsNoOtherFromBeingStored)
{
    owe(20, 20);
    outbox_.with([](auto& outbox) { outbox.rows_.at(delivery(7)).refused = true; });
    start();
    ASSERT_TRUE(eventually([&] { return in_state(domain::DeliveryState::delivered) == 19; }));
    EXPECT_EQ(channel_.sent(), 20U);
    EXPECT_EQ(outbox_.row(delivery(7)).state, domain::DeliveryState::sending) << "left to its lease";
}

TEST_F(RecordingResults, OneThatIsInConflictKeepsNoOtherFromBeingStoredAndIsStoredLater)
{
    owe(20, 20);
    outbox_.with([](auto& outbox) {
        outbox.rows_.at(delivery(7)).refused = true;
        outbox.refusal_ = ErrorCode::conflict;
    });
    start();
    ASSERT_TRUE(eventually([&] { return in_state(domain::DeliveryState::delivered) == 19; }));
    outbox_.with([](auto& outbox) { outbox.rows_.at(delivery(7)).refused = false; });
    ASSERT_TRUE(eventually([&] { return in_state(domain::DeliveryState::delivered) == 20; }));
    EXPECT_EQ(channel_.sent(), 20U);
}

TEST_F(RecordingResults, TimelinesAreToldFromTheStartOnUntilNothingIsLeft)
{
    outbox_.with([](auto& outbox) {
        outbox.left_ = 3;
        outbox.settle_errors_ = 2;
    });
    start();
    EXPECT_TRUE(eventually([&] { return outbox_.with([](auto& outbox) { return outbox.left_ == 0; }); }));
    EXPECT_GE(outbox_.with([](auto& outbox) { return outbox.settles_; }), 5);
}

TEST_F(RecordingResults, WhatIsLeftToTimelinesDoesNotWaitForTheNextLook)
{
    poll_ = 1h;
    outbox_.with([](auto& outbox) {
        outbox.left_ = 3;
        outbox.settle_errors_ = 2;
    });
    start();
    EXPECT_TRUE(eventually([&] { return outbox_.with([](auto& outbox) { return outbox.left_ == 0; }); }));
}

TEST_F(RecordingResults, WhereNobodyCanSayWhetherSomethingIsDueItIsLookedFor)
{
    outbox_.with([](auto& outbox) { outbox.due_ = false; });
    start();
    ASSERT_TRUE(eventually([&] { return outbox_.with([](auto& outbox) { return outbox.settles_ == 1; }); }));
    outbox_.with([](auto& outbox) {
        outbox.rows_[delivery(0)].contact = contact(0);
        outbox.due_errors_ = 1;
    });
    EXPECT_TRUE(eventually([&] { return in_state(domain::DeliveryState::delivered) == 1; }));
}

TEST_F(RecordingResults, TimelinesAreToldOfTheLastResultsWhenTheNodeStops)
{
    start();
    ASSERT_TRUE(eventually([&] { return outbox_.with([](auto& outbox) { return outbox.settles_ == 1; }); }));
    channel_.hold();
    owe(1);
    dispatcher_->poke();
    ASSERT_TRUE(eventually([&] { return channel_.sent() == 1; }));
    dispatcher_->stop(0ms);
    EXPECT_EQ(outbox_.with([](auto& outbox) { return outbox.settles_; }), 2);
    channel_.let_go();
}

}  // namespace
}  // namespace winnow::dispatch
