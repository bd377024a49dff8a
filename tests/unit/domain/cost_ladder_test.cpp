#include "winnow/domain/cost_ladder.hpp"

#include <gtest/gtest.h>

namespace winnow::domain {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kNoon{1'800'000'000'000ms};

CostRecord overrun(CostRecord record, Timestamp from, int times, std::chrono::nanoseconds cost = 8ms)
{
    for (int i = 0; i < times; ++i) record = after_overrun(std::move(record), {.at = from + i * 1s, .cost = cost});
    return record;
}

TEST(CostLadder, TheFirstOverrunWarnsForAQuarterOfAnHour)
{
    EXPECT_EQ(state_of({}, kNoon), CostState::fine);
    const auto record = overrun({}, kNoon, 1);
    EXPECT_EQ(state_of(record, kNoon), CostState::warned);
    EXPECT_EQ(state_of(record, kNoon + 15min - 1ms), CostState::warned);
    EXPECT_EQ(state_of(record, kNoon + 15min), CostState::fine);
}

TEST(CostLadder, FiveWithinAQuarterOfAnHourSetItAsideForOne)
{
    EXPECT_EQ(state_of(overrun({}, kNoon, 4), kNoon + 4s), CostState::warned);
    const auto record = overrun({}, kNoon, 5);
    EXPECT_EQ(state_of(record, kNoon + 4s), CostState::set_aside);
    EXPECT_EQ(record.until, kNoon + 4s + 15min);
    EXPECT_EQ(state_of(record, kNoon + 4s + 15min), CostState::warned);
    EXPECT_EQ(state_of(record, kNoon + 4s + 30min), CostState::fine);
}

TEST(CostLadder, OverrunsThatAreFarApartDoNotAddUp)
{
    CostRecord record;
    for (int i = 0; i < 20; ++i) record = after_overrun(std::move(record), {.at = kNoon + i * 4min, .cost = 8ms});
    EXPECT_EQ(state_of(record, kNoon + 76min), CostState::warned);
    EXPECT_TRUE(record.set_aside.empty());
}

TEST(CostLadder, ASecondOfProcessorTimeSetsItAsideHoweverFewTheyWere)
{
    EXPECT_EQ(state_of(overrun({}, kNoon, 1, 1s), kNoon), CostState::set_aside);
    EXPECT_EQ(state_of(overrun({}, kNoon, 2, 499ms), kNoon + 1s), CostState::warned);
}

TEST(CostLadder, TheThirdTimeWithinADayItIsUntilSomebodyChangesIt)
{
    auto record = overrun({}, kNoon, 5);
    record = overrun(std::move(record), kNoon + 1h, 5);
    EXPECT_EQ(state_of(record, kNoon + 1h + 5s), CostState::set_aside);
    record = overrun(std::move(record), kNoon + 2h, 5);
    EXPECT_EQ(state_of(record, kNoon + 2h + 5s), CostState::until_edited);
    EXPECT_EQ(state_of(record, kNoon + 10'000h), CostState::until_edited);
}

TEST(CostLadder, ThreeTimesInMoreThanADayAreNotThat)
{
    auto record = overrun({}, kNoon, 5);
    record = overrun(std::move(record), kNoon + 12h, 5);
    record = overrun(std::move(record), kNoon + 25h, 5);
    EXPECT_EQ(state_of(record, kNoon + 25h + 5s), CostState::set_aside);
}

TEST(CostLadder, WhatItCostIsKnownOfAllOverrunsThatCounted)
{
    auto record = overrun({}, kNoon, 1, 2ms);
    record = overrun(std::move(record), kNoon + 1h, 4, 6ms);
    EXPECT_EQ(record.overruns, 5);
    EXPECT_EQ(record.sum, 26ms);
    EXPECT_EQ(record.most, 6ms);
}

TEST(CostLadder, WhatANodeCountsThatDoesNotKnowYetChangesNothing)
{
    const auto record = overrun({}, kNoon, 5);
    EXPECT_EQ(overrun(record, kNoon + 5s, 50), record);
}

}  // namespace
}  // namespace winnow::domain
