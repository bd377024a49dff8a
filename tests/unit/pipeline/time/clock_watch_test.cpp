#include "pipeline/time/clock_watch.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace winnow::pipeline {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

const ClockWatch::Instant kSteady{1'000h};
const Timestamp kNoon{1'700'000'000'000ms};

struct Case {
    std::string what;
    milliseconds steady;    ///< Its step.
    milliseconds database;  ///< The database's.
    std::optional<milliseconds> jump;
    bool left_out;
};

TEST(ClockWatch, ItsStepsAreComparedWithThoseOfAClockThatNeverJumps)
{
    const std::vector<Case> cases{
        {"together", 1s, 1s, std::nullopt, false},           {"an answer that took long", 15s, 1s, std::nullopt, false},
        {"adjusted a little", 1s, 59s, std::nullopt, false}, {"at the edge", 1s, 61s, std::nullopt, false},
        {"over the edge", 1s, 61s + 1ms, 60s + 1ms, true},   {"forward", 1s, 1h + 1s, 1h, true},
        {"back at the edge", 61s, 1s, std::nullopt, false},  {"back", 1s, -1h, -1h - 1s, false},
        {"both asleep", 3h, 3h, std::nullopt, false},
    };
    for (const auto& [what, steady, database, jump, left_out] : cases) {
        ClockWatch watch;
        EXPECT_EQ(watch.look(kNoon, kSteady), std::nullopt) << "nothing to compare with";
        EXPECT_EQ(watch.look(kNoon + database, kSteady + steady), jump) << what;
        EXPECT_EQ(watch.left_out().size(), left_out ? 1 : 0) << what;
        EXPECT_EQ(watch.now(kSteady + steady + 5s), kNoon + database + 5s) << what;
    }
}

TEST(ClockWatch, WhatWasLeftOutIsOursForADay)
{
    ClockWatch watch;
    watch.look(kNoon, kSteady);
    watch.look(kNoon + 1h, kSteady + 1s);
    EXPECT_THAT(watch.left_out(), ElementsAre(domain::Outage{kNoon + 1s, kNoon + 1h}));
    watch.look(kNoon + 25h, kSteady + 24h + 1s);
    EXPECT_EQ(watch.left_out().size(), 1U);
    watch.look(kNoon + 25h + 1s, kSteady + 24h + 2s);
    EXPECT_THAT(watch.left_out(), IsEmpty());
}

TEST(ClockWatch, PutForwardAndBackAgainItHasJumpedTwiceAndLeftOutWhatItLeftOut)
{
    ClockWatch watch;
    watch.look(kNoon, kSteady);
    EXPECT_EQ(watch.look(kNoon + 1h, kSteady), 1h);
    EXPECT_EQ(watch.look(kNoon, kSteady), -1h);
    EXPECT_EQ(watch.look(kNoon + 1s, kSteady + 1s), std::nullopt);
    EXPECT_EQ(watch.left_out().size(), 1U);
}

}  // namespace
}  // namespace winnow::pipeline
