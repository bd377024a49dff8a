#include "fakes.hpp"

namespace winnow::dispatch {
namespace {

TEST_F(DispatcherTest, StandsStillWhileNoLookAtWhatIsDueComesToItsEnd)
{
    outbox_.with([](auto& outbox) { outbox.claim_errors_ = 1'000'000; });
    standstill_ = 20ms;
    start();
    EXPECT_TRUE(eventually([&] { return !dispatcher_->goes_on(); }));
    outbox_.with([](auto& outbox) { outbox.claim_errors_ = 0; });
    EXPECT_TRUE(eventually([&] { return dispatcher_->goes_on(); }));
}

TEST_F(DispatcherTest, GoesOnWhateverReceiversDo)
{
    channel_.hold();
    standstill_ = 1h;
    owe(10, 10);
    start();
    EXPECT_TRUE(eventually([&] { return in_state(domain::DeliveryState::sending) > 0; }));
    EXPECT_TRUE(dispatcher_->goes_on());
    channel_.let_go();
}

TEST_F(DispatcherTest, GoesOnWhileItSleepsWithNothingDueHoweverLong)
{
    poll_ = 1h;
    standstill_ = 50ms;
    start();
    const auto begun = std::chrono::steady_clock::now();
    ASSERT_TRUE(eventually([&] { return std::chrono::steady_clock::now() - begun > 2 * standstill_; }));
    EXPECT_TRUE(eventually([&] { return dispatcher_->goes_on(); }));
}

}  // namespace
}  // namespace winnow::dispatch
