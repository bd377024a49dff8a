#include "pipeline/fold/fold_pace.hpp"

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
    pace.failed(4'000, 0);
    EXPECT_EQ(pace.alerts(), 2'000U);
    pace.stored(2'000, 10, 3s, kMost);
    EXPECT_EQ(pace.alerts(), 1'000U);
    for (int i = 0; i < 30; ++i) pace.failed(pace.alerts(), 1'000);
    EXPECT_EQ(pace.alerts(), 1U);
    pace.failed(2'000, 0);
    EXPECT_EQ(pace.alerts(), 1U) << "a row that is larger than the pace does not raise it";
}

TEST(FoldPace, ARowOfItsOwnThatIsQuickBringsThePaceBack)
{
    FoldPace pace;
    for (int i = 0; i < 30; ++i) pace.failed(pace.alerts(), 1'000);
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

/// What a fold takes where each one costs `fixed`, and each alert `each` more.
void store(FoldPace& pace, std::chrono::microseconds fixed, std::chrono::microseconds each, std::size_t alerts)
{
    pace.stored(alerts, 0, fixed + each * static_cast<std::int64_t>(alerts), kMost);
}

TEST(FoldPace, ASmallFoldThatTookLongSaysNothingAboutItsSize)
{
    FoldPace pace;
    for (int i = 0; i < 30; ++i) pace.stored(3, 3, 3s, kMost);
    EXPECT_EQ(pace.alerts(), FoldPace::kFirst);
}

TEST(FoldPace, ASmallFoldThatFailedSaysNothingAboutItsSize)
{
    FoldPace pace;
    for (int i = 0; i < 30; ++i) pace.failed(3, 3);
    EXPECT_EQ(pace.alerts(), FoldPace::kFirst);
}

TEST(FoldPace, WhereEveryFoldTakesLongLargeOnesAreTheRemedy)
{
    for (const auto latency : {1'500ms, 3'000ms, 6'000ms}) {
        FoldPace pace;
        for (int i = 0; i < 40; ++i) store(pace, latency, 1us, pace.alerts());
        EXPECT_EQ(pace.alerts(), kMost) << latency.count();
    }
}

TEST(FoldPace, WhatSizeAddsIsHeldBetweenQuickAndSlowWhateverEveryFoldTakes)
{
    for (const auto latency : {10ms, 3'000ms}) {
        FoldPace pace;
        for (int i = 0; i < 60; ++i) store(pace, latency, 1ms, pace.alerts());
        EXPECT_GE(pace.alerts(), 500U) << latency.count();
        EXPECT_LE(pace.alerts(), 3'000U) << latency.count();
    }
}

TEST(FoldPace, SmallQuickFoldsBringThePaceBackToWhereItBegan)
{
    FoldPace pace;
    for (int i = 0; i < 30; ++i) pace.failed(pace.alerts(), 1'000);
    for (int i = 0; i < 1'000; ++i) pace.stored(1, 0, 1ms, kMost);
    EXPECT_EQ(pace.alerts(), FoldPace::kFirst);
}

}  // namespace
}  // namespace winnow::pipeline
