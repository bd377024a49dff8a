#include "winnow/observe/progress.hpp"

#include <gtest/gtest.h>

namespace winnow::observe {
namespace {

using namespace std::chrono_literals;

constexpr Progress::Clock::time_point kStart{1'000h};

TEST(Progress, StandsStillWhereWorkWaitsAndNoTurnHasEnded)
{
    Progress progress(10s);
    EXPECT_FALSE(progress.stands_still(kStart)) << "there is nothing to do";
    progress.waits(true, kStart);
    progress.waits(true, kStart + 9s);
    EXPECT_FALSE(progress.stands_still(kStart + 10s));
    EXPECT_TRUE(progress.stands_still(kStart + 10'001ms));
    progress.turned(kStart + 11s);
    EXPECT_FALSE(progress.stands_still(kStart + 21s));
    EXPECT_TRUE(progress.stands_still(kStart + 22s));
    progress.waits(false, kStart + 22s);
    EXPECT_FALSE(progress.stands_still(kStart + 23s));
}

TEST(Progress, ATimeWithoutWorkIsNoStandstill)
{
    Progress progress(10s);
    progress.waits(true, kStart);
    progress.turned(kStart + 1s);
    progress.waits(false, kStart + 1s);
    progress.waits(true, kStart + 1h);
    EXPECT_FALSE(progress.stands_still(kStart + 1h + 10s));
    EXPECT_TRUE(progress.stands_still(kStart + 1h + 11s));
}

}  // namespace
}  // namespace winnow::observe
