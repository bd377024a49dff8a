#include "winnow/fair/rate.hpp"

#include <gtest/gtest.h>

namespace winnow::fair {
namespace {

using namespace std::chrono_literals;
using Instant = RateBucket::Instant;

constexpr Instant kStart{std::chrono::hours{1}};

/// One bucket, at a time that the test moves.
class RateTest : public testing::Test {
protected:
    bool take(std::int64_t cost)
    {
        if (bucket_.refusal(rate_, cost, now_)) return false;
        bucket_.charge(rate_, cost, now_);
        return true;
    }

    Rate rate_{.per_second = 10, .burst = 30};
    RateBucket bucket_;
    Instant now_ = kStart;
};

TEST_F(RateTest, ABurstPassesAtOnceAndThenSoManyASecond)
{
    for (int i = 0; i < 30; ++i) ASSERT_TRUE(take(1)) << i;
    EXPECT_FALSE(take(1));
    int passed = 0;
    for (int tenth = 0; tenth < 100; ++tenth) {
        now_ += 100ms;
        passed += take(1) ? 1 : 0;
        EXPECT_FALSE(take(1));
    }
    EXPECT_EQ(passed, 100);
}

TEST_F(RateTest, ARefusalSaysWhenTheCostWillBeThereAndTakesNothing)
{
    ASSERT_TRUE(take(28));
    const auto wait = bucket_.refusal(rate_, 5, now_);
    ASSERT_TRUE(wait);
    EXPECT_EQ(*wait, 300ms);
    EXPECT_EQ(bucket_.left(rate_, now_), 2);
    now_ += *wait - 1ns;
    EXPECT_FALSE(take(5));
    now_ += 1ns;
    EXPECT_TRUE(take(5));
}

TEST_F(RateTest, WhatIsDearerThanABurstNeedsAFullBucketAndLeavesADebt)
{
    EXPECT_TRUE(take(50));
    EXPECT_EQ(bucket_.left(rate_, now_), 0);
    EXPECT_EQ(bucket_.refusal(rate_, 1, now_), std::optional<RateBucket::Duration>(2'100ms));
    now_ += 5s - 1ns;
    EXPECT_FALSE(take(50));
    now_ += 1ns;
    EXPECT_TRUE(take(50));
}

TEST_F(RateTest, WhatIsGivenBackMakesItNoFullerThanFull)
{
    ASSERT_TRUE(take(20));
    bucket_.charge(rate_, -5, now_);
    EXPECT_EQ(bucket_.left(rate_, now_), 15);
    bucket_.charge(rate_, -1'000, now_);
    EXPECT_EQ(bucket_.left(rate_, now_), 30);
    EXPECT_TRUE(take(30));
    EXPECT_FALSE(take(1));
}

TEST_F(RateTest, NoDebtLastsLongerThanAMinute)
{
    for (int i = 0; i < 100; ++i) bucket_.charge(rate_, Rate::kMost, now_);
    EXPECT_LE(bucket_.refusal(rate_, 30, now_).value(), RateBucket::kLongestDebt + 3s);
    now_ += RateBucket::kLongestDebt + 3s;
    EXPECT_TRUE(take(30));
}

TEST_F(RateTest, AnUnusedBucketIsFullAgainAndNeedsNotBeKept)
{
    ASSERT_TRUE(take(30));
    EXPECT_EQ(bucket_.until_full(now_), 3s);
    now_ += 10min;
    EXPECT_EQ(bucket_.until_full(now_), 0s);
    EXPECT_EQ(bucket_.left(rate_, now_), RateBucket().left(rate_, now_));
}

TEST_F(RateTest, ARateOfNothingIsClosed)
{
    for (const Rate closed : {Rate{.per_second = 0, .burst = 30}, Rate{.per_second = 10, .burst = 0}}) {
        EXPECT_TRUE(closed.is_closed());
        EXPECT_EQ(bucket_.refusal(closed, 1, now_), std::optional<RateBucket::Duration>(RateBucket::kLongestDebt));
        EXPECT_EQ(bucket_.left(closed, now_), 0);
        bucket_.charge(closed, 1, now_);
    }
    EXPECT_TRUE(take(30)) << "as it was when it is open again";
}

TEST_F(RateTest, TheLargestNumbersDoNotOverflow)
{
    const Rate slow{.per_second = 1, .burst = Rate::kMost};
    EXPECT_FALSE(bucket_.refusal(slow, Rate::kMost, now_));
    bucket_.charge(slow, Rate::kMost, now_);
    EXPECT_EQ(bucket_.left(slow, now_), 0);
    EXPECT_EQ(bucket_.refusal(slow, 1, now_), std::optional<RateBucket::Duration>(1s));
    const Rate fast{.per_second = Rate::kMost, .burst = Rate::kMost};
    RateBucket other;
    other.charge(fast, Rate::kMost, now_);
    EXPECT_EQ(other.left(fast, now_), 0);
    EXPECT_EQ(other.until_full(now_), 1s);
}

TEST_F(RateTest, RatesThatDoNotDivideASecondAreKept)
{
    rate_ = {.per_second = 7, .burst = 7};
    while (take(1)) {
    }
    int passed = 0;
    for (int i = 0; i < 10'000; ++i) {
        now_ += 1ms;
        passed += take(1) ? 1 : 0;
    }
    EXPECT_EQ(passed, 70);
}

}  // namespace
}  // namespace winnow::fair
