#include "pipeline/fold_pace.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace winnow::pipeline {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMost = 100'000;

TEST(FoldPace, QuickFullFoldsGrowUpToTheMost)
{
    FoldPace pace;
    auto before = pace.alerts();
    for (int i = 0; i < 30; ++i) {
        pace.stored(pace.alerts(), 10, 10ms, kMost);
        EXPECT_GE(pace.alerts(), before);
        EXPECT_LE(pace.alerts(), before * 2) << "slowly";
        before = pace.alerts();
    }
    EXPECT_EQ(pace.alerts(), kMost);
}

TEST(FoldPace, SmallFoldsSayNothingAboutLargeOnes)
{
    FoldPace pace;
    for (int i = 0; i < 30; ++i) pace.stored(10, 10, 1ms, kMost);
    EXPECT_EQ(pace.alerts(), FoldPace::kFirst);
}

TEST(FoldPace, AFoldThatFailedOrTookLongHalves)
{
    FoldPace pace;
    pace.failed(4'000);
    EXPECT_EQ(pace.alerts(), 2'000U);
    pace.stored(2'000, 10, 3s, kMost);
    EXPECT_EQ(pace.alerts(), 1'000U);
    for (int i = 0; i < 30; ++i) pace.failed(pace.alerts());
    EXPECT_EQ(pace.alerts(), 1U);
    pace.failed(2'000);
    EXPECT_EQ(pace.alerts(), 1U) << "a row that is larger than the pace does not raise it";
}

TEST(FoldPace, ARowOfItsOwnThatIsQuickBringsThePaceBack)
{
    FoldPace pace;
    for (int i = 0; i < 30; ++i) pace.failed(pace.alerts());
    pace.stored(2'000, 0, 10ms, kMost);
    EXPECT_GT(pace.alerts(), 2'000U);
}

TEST(FoldPace, WhatOwesTooMuchShrinksToWhatMayBeOwed)
{
    FoldPace pace;
    pace.declined(4'000, 200'000);
    EXPECT_EQ(pace.alerts(), 400U);
    pace.stored(400, 20'000, 10ms, kMost);
    EXPECT_EQ(pace.alerts(), 400U) << "quick as it was, more would be declined";
    pace.declined(400, 20'001);
    EXPECT_EQ(pace.alerts(), 200U) << "always smaller, or the same fold is declined for ever";
}

}  // namespace
}  // namespace winnow::pipeline
