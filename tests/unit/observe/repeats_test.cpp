#include "observe/repeats.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace winnow::observe {
namespace {

using namespace std::chrono_literals;

class RepeatsTest : public testing::Test {
protected:
    std::optional<std::size_t> say(std::string_view message, std::vector<Field> fields = {})
    {
        return repeats_.say(message, fields, now_);
    }

    Repeats repeats_;
    Repeats::Clock::time_point now_ = Repeats::Clock::now();
};

TEST_F(RepeatsTest, TheFirstIsSaidThenOneInTenSecondsWithTheNumberLeftOut)
{
    EXPECT_EQ(say("away"), 0U);
    std::vector<std::size_t> said;
    for (int tenth = 1; tenth <= 205; ++tenth) {
        now_ += 100ms;
        if (const auto left_out = say("away")) said.push_back(*left_out);
    }
    EXPECT_EQ(said, (std::vector<std::size_t>{99, 99}));
}

TEST_F(RepeatsTest, AnotherSentenceOrAnotherFieldIsAnotherTrouble)
{
    EXPECT_EQ(say("away", {{"reason", "lost"}}), 0U);
    EXPECT_EQ(say("away", {{"reason", "refused"}}), 0U);
    EXPECT_EQ(say("gone", {{"reason", "lost"}}), 0U);
    EXPECT_EQ(say("away", {{"cause", "lost"}}), 0U);
    EXPECT_EQ(say("away", {{"reason", "lost"}, {"count", 1}}), 0U);
    EXPECT_EQ(say("away", {{"reason", "lost"}, {"count", 2}}), 0U);
    EXPECT_EQ(say("away", {{"reason", "lost"}}), std::nullopt);
}

TEST_F(RepeatsTest, ARequestsIdDoesNotTellTroublesApart)
{
    EXPECT_EQ(say("failed", {{"request_id", "a"}, {"reason", "lost"}}), 0U);
    EXPECT_EQ(say("failed", {{"request_id", "b"}, {"reason", "lost"}}), std::nullopt);
}

TEST_F(RepeatsTest, AFloodOfDifferentOnesIsSaidWholeAndForgottenLater)
{
    for (std::size_t i = 0; i < 2 * Repeats::kMost; ++i) ASSERT_EQ(say(std::to_string(i)), 0U);
    EXPECT_EQ(say("0"), std::nullopt);
    now_ += 11s;
    EXPECT_EQ(say("new"), 0U);
    EXPECT_EQ(say("new"), std::nullopt) << "there is room again";
}

}  // namespace
}  // namespace winnow::observe
