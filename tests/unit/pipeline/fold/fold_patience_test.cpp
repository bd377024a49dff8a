#include "pipeline/fold/fold_patience.hpp"

#include <gtest/gtest.h>

namespace winnow::pipeline {
namespace {

using namespace std::chrono_literals;

TEST(FoldPatience, GrowsForASingleRowUpToTheMostAndEndsWithIt)
{
    FoldPatience patience;
    EXPECT_EQ(patience.given(), 0ms);
    for (const auto expected : {30s, 60s, 120s, 240s, 300s, 300s}) {
        patience.failed(15s, true);
        EXPECT_EQ(patience.given(), expected);
    }
    patience.done();
    EXPECT_EQ(patience.given(), 0ms);
}

TEST(FoldPatience, RowsThatCanBeStoredOneByOneGetNoMore)
{
    FoldPatience patience;
    for (int i = 0; i < 5; ++i) patience.failed(15s, false);
    EXPECT_EQ(patience.given(), 0ms);
}

TEST(FoldPatience, OneFailureIsNoReasonToPauseAndMoreAreForAFewSecondsOnly)
{
    FoldPatience patience;
    EXPECT_EQ(patience.pause(), 0s);
    patience.failed(15s, true);
    EXPECT_EQ(patience.pause(), 0s) << "the database froze, and is back";
    patience.failed(2s, true);
    EXPECT_EQ(patience.pause(), 4s);
    patience.failed(300s, true);
    EXPECT_EQ(patience.pause(), 5s);
    patience.done();
    patience.failed(15s, true);
    EXPECT_EQ(patience.pause(), 0s) << "only failures in a row count";
}

}  // namespace
}  // namespace winnow::pipeline
