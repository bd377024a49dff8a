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

}  // namespace
}  // namespace winnow::dispatch
