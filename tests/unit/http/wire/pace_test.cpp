#include "http/wire/pace.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace winnow::http {
namespace {

using namespace std::chrono_literals;

constexpr Pace::Clock::time_point kBegin{1h};

TEST(Pace, APauseMayBeAsLongAsThePeriod)
{
    Pace pace(10s, 100);
    EXPECT_EQ(pace.deadline(kBegin), kBegin + 10s) << "it begins with the first wait";
    EXPECT_EQ(pace.deadline(kBegin + 9s), kBegin + 10s) << "and goes on with the next one";
}

TEST(Pace, WhoTakesWhatIsWantedHasAsLongAgain)
{
    Pace pace(10s, 100);
    static_cast<void>(pace.deadline(kBegin));
    pace.took(999);
    EXPECT_EQ(pace.deadline(kBegin + 9s), kBegin + 10s);
    pace.took(1);
    EXPECT_EQ(pace.deadline(kBegin + 9s), kBegin + 19s);
    pace.took(999);
    EXPECT_EQ(pace.deadline(kBegin + 18s), kBegin + 19s) << "what was counted counts once";
}

TEST(Pace, WithoutARateAnyByteIsEnough)
{
    Pace pace(10s, 0);
    static_cast<void>(pace.deadline(kBegin));
    EXPECT_EQ(pace.deadline(kBegin + 5s), kBegin + 10s);
    pace.took(1);
    EXPECT_EQ(pace.deadline(kBegin + 9s), kBegin + 19s);
}

TEST(Pace, ATimeInWhichThereIsNothingToTakeDoesNotCount)
{
    Pace pace(10s, 100);
    static_cast<void>(pace.deadline(kBegin));
    pace.rest(kBegin + 4s);
    pace.go_on(kBegin + 13s);
    EXPECT_EQ(pace.deadline(kBegin + 13s), kBegin + 19s) << "6 of its 10 seconds are left";
}

TEST(Pace, WhoHadTakenEverythingForAPeriodBeginsAnew)
{
    Pace pace(10s, 100);
    static_cast<void>(pace.deadline(kBegin));
    pace.rest(kBegin + 4s);
    pace.go_on(kBegin + 14s);
    EXPECT_EQ(pace.deadline(kBegin + 20s), kBegin + 30s);
}

TEST(Pace, ShortRestsThatAreAPeriodTogetherAreAsGoodAsALongOne)
{
    Pace pace(10s, 100);
    static_cast<void>(pace.deadline(kBegin));
    auto now = kBegin + 9s;
    for (int i = 0; i < 9; ++i) {
        pace.rest(now);
        pace.go_on(now += 1s);
    }
    EXPECT_EQ(pace.deadline(now), now + 1s) << "9 of its 10 seconds were taken before";
    pace.rest(now);
    pace.go_on(now += 1s);
    EXPECT_EQ(pace.deadline(now), now + 10s) << "no debt is older than that";
    pace.rest(now + 1s);
    pace.go_on(now += 2s);
    EXPECT_EQ(pace.deadline(now), now + 9s) << "rests before it do not count again";
}

}  // namespace
}  // namespace winnow::http
