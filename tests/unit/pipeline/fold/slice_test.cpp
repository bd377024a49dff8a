#include "pipeline/fold/slice.hpp"

#include "unit/pipeline/fakes.hpp"

#include <gmock/gmock.h>

namespace winnow::pipeline {
namespace {

class SliceTest : public testing::Test {
protected:
    Slice slice()
    {
        return {[this] {
                    ++looks_;
                    return spent_;
                },
                [this] {
                    return others_wait_;
                }};
    }

    /// Until the slice is over: so many alerts.
    std::size_t alerts(std::chrono::nanoseconds each)
    {
        auto turn = slice();
        for (std::size_t judged = 1;; ++judged) {
            spent_ += each;
            if (turn.is_over()) return judged;
        }
    }

    std::chrono::nanoseconds spent_{1h};
    bool others_wait_ = false;
    std::size_t looks_ = 0;
};

TEST_F(SliceTest, LastsTenMillisecondsWhileOthersWaitAndAHundredAlone)
{
    EXPECT_EQ(alerts(1ms), 100U);
    others_wait_ = true;
    EXPECT_EQ(alerts(1ms), 10U);
    EXPECT_EQ(alerts(500us), 20U);
    EXPECT_EQ(alerts(2s), 1U) << "whatever one takes";
}

TEST_F(SliceTest, EndsSoonAfterSomebodyComesThoughItWasALongOneUntilThen)
{
    auto turn = slice();
    spent_ += 50ms;
    EXPECT_FALSE(turn.is_over());
    others_wait_ = true;
    EXPECT_TRUE(turn.is_over());
}

TEST_F(SliceTest, LooksAtTheClockNowAndThenWhereAlertsAreCheap)
{
    others_wait_ = true;
    const auto judged = alerts(2us);
    EXPECT_GE(judged, 5'000U);
    EXPECT_LT(judged, 5'020U);
    EXPECT_LT(looks_, judged / 14);
}

TEST_F(SliceTest, OneThatTurnsDearIsNoticedWithinAFewAlerts)
{
    others_wait_ = true;
    auto turn = slice();
    for (int i = 0; i < 1'000; ++i) {
        spent_ += 1us;
        ASSERT_FALSE(turn.is_over());
    }
    std::size_t dear = 0;
    do {
        spent_ += 5ms;
        ++dear;
    } while (!turn.is_over());
    EXPECT_LE(dear, 16U);
}

}  // namespace
}  // namespace winnow::pipeline
