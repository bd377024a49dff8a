/// @file
/// The processes that try rows, as their owner finds them.

#include "unit/pipeline/fakes.hpp"
#include "winnow/pipeline/row_trial.hpp"

#include <gtest/gtest.h>

#include <string>

namespace winnow::pipeline {
namespace {

/// This program itself, which finds no test to run, reads nothing and ends.
TrialProgram program(std::string settings)
{
    return {.arguments = {"unit_pipeline", "--gtest_filter=-*", "--gtest_brief=1"}, .settings = std::move(settings)};
}

TEST(TrialProcess, OneThatEndsBeforeItIsAtARowBlamesNone)
{
    const auto bench = make_trial_bench(program("{}"));
    ASSERT_TRUE(bench->start({.stream = 1, .rows = 256, .aside = {}}));
    EXPECT_TRUE(eventually([&] { return bench->look().state != TrialReport::State::running; }));
    EXPECT_EQ(bench->look().state, TrialReport::State::stopped);
    EXPECT_FALSE(bench->look().at);
}

TEST(TrialProcess, NobodyWaitsForAnOrderThatNoPipeHolds)
{
    const auto bench = make_trial_bench(program(std::string(4U << 20U, 'x')));
    const auto started = bench->start({.stream = 1, .rows = 256, .aside = {}});
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code(), ErrorCode::unavailable);
    EXPECT_NE(bench->look().state, TrialReport::State::died);
}

}  // namespace
}  // namespace winnow::pipeline
