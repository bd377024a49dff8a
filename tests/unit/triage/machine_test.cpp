#include "winnow/triage/machine.hpp"

#include "unit/triage/store_model.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace winnow::triage {
namespace {

using namespace std::chrono_literals;
using domain::FlapAction;
using domain::FlapMode;
using domain::ThresholdAction;
using domain::ThresholdMode;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr ThresholdAction kThreeInAMinute{.count = 3, .within = 1min, .mode = ThresholdMode::every};
constexpr FlapAction kFourInTen{.transitions = 4, .within = 10min, .settle = 5min, .mode = FlapMode::transitions};

bool reached(MachineState& state, std::chrono::milliseconds when, const ThresholdAction& terms = kThreeInAMinute)
{
    return count_alert(state, terms, at(when)).reached;
}

/// Alternates, beginning with firing; returns whether the last one flaps.
bool alternate(MachineState& state, int alerts, std::chrono::milliseconds step, const FlapAction& terms = kFourInTen)
{
    bool flaps = false;
    for (int i = 0; i < alerts; ++i) flaps = see_status(state, terms, i % 2 == 0, at(i * step));
    return flaps;
}

}  // namespace

TEST(Threshold, TheCurrentAlertCountsAndTheOneAWholeWindowAgoNoLonger)
{
    MachineState state;
    EXPECT_FALSE(reached(state, 0s));
    EXPECT_FALSE(reached(state, 30s));
    EXPECT_TRUE(reached(state, 60s - 1ms));
    MachineState late;
    EXPECT_FALSE(reached(late, 0s));
    EXPECT_FALSE(reached(late, 30s));
    EXPECT_EQ(count_alert(late, kThreeInAMinute, at(60s)).alerts, 2) << "(t - within, t]";
}

TEST(Threshold, ACountOfOneIsReachedAtOnce)
{
    MachineState state;
    EXPECT_TRUE(reached(state, 0s, {.count = 1, .within = 1s, .mode = ThresholdMode::every}));
}

TEST(Threshold, EveryFurtherAlertInTheWindowReachesItUnlessItCountsAnew)
{
    MachineState every;
    for (int i = 0; i < 6; ++i) EXPECT_EQ(reached(every, i * 1s), i >= 2) << i;
    const ThresholdAction anew{.count = 3, .within = 1min, .mode = ThresholdMode::reset};
    MachineState reset;
    for (int i = 0; i < 6; ++i) EXPECT_EQ(reached(reset, i * 1s, anew), i == 2 || i == 5) << i;
}

TEST(Threshold, ItRemembersNoMoreThanItsCount)
{
    MachineState state;
    const ThresholdAction most{.count = 1'000, .within = 1min, .mode = ThresholdMode::every};
    for (int i = 0; i < 999; ++i) EXPECT_FALSE(reached(state, i * 1ms, most));
    for (int i = 999; i < 5'000; ++i) EXPECT_TRUE(reached(state, i * 1ms, most));
    EXPECT_EQ(state.recent.size(), 1'000U);
    EXPECT_EQ(state.expires_at, at(4'999ms + 1min));
}

TEST(Threshold, AlertsThatComeInAnotherOrderCountInTheirOwnTime)
{
    MachineState state;
    EXPECT_FALSE(reached(state, 20s));
    EXPECT_FALSE(reached(state, 10s));
    EXPECT_THAT(state.recent, ElementsAre(at(10s), at(20s)));
    EXPECT_TRUE(reached(state, 21s));
}

TEST(Threshold, InWhateverOrderItsAlertsComeTheLastOfThemReachesIt)
{
    std::vector<std::chrono::milliseconds> order{0s, 10s, 20s};
    do {
        MachineState state;
        EXPECT_FALSE(reached(state, order[0]));
        EXPECT_FALSE(reached(state, order[1]));
        EXPECT_TRUE(reached(state, order[2])) << order[0] << order[1] << order[2];
    } while (std::ranges::next_permutation(order).found);
}

TEST(Threshold, ALateAlertReachesNothingWithAlertsThatAreNoWindowTogether)
{
    MachineState state;
    EXPECT_FALSE(reached(state, 0s));
    EXPECT_FALSE(reached(state, 60s));
    EXPECT_EQ(count_alert(state, kThreeInAMinute, at(30s)).alerts, 2);
    EXPECT_FALSE(reached(state, 0s)) << "too late: it stands with one of them at most";
}

TEST(Flap, ATransitionThatComesLateMayBeTheOneThatLacked)
{
    MachineState state;
    EXPECT_FALSE(see_status(state, kFourInTen, true, at(0s)));
    for (const auto when : {1min, 2min, 4min}) EXPECT_FALSE(see_status(state, kFourInTen, !*state.firing, at(when)));
    EXPECT_TRUE(see_status(state, kFourInTen, !*state.firing, at(3min)));
}

TEST(Flap, StartsWithTheLastOfItsTransitionsAndAFirstAlertIsNone)
{
    MachineState state;
    EXPECT_FALSE(alternate(state, 4, 1min)) << "three transitions";
    MachineState more;
    EXPECT_TRUE(alternate(more, 5, 1min));
    EXPECT_EQ(more.due_at, at(4min + 5min));
}

TEST(Flap, TransitionsThatAreSpreadWiderAreNone)
{
    MachineState state;
    EXPECT_FALSE(alternate(state, 30, 200s)) << "the first of four is a whole window ago";
    EXPECT_EQ(state.due_at, std::nullopt);
    MachineState edge;
    EXPECT_TRUE(alternate(edge, 5, 200s - 1ms));
}

TEST(Flap, RepeatsOfAStatusAreNoTransitionsAndDoNotPutOffItsEnd)
{
    MachineState state;
    ASSERT_TRUE(alternate(state, 5, 1min));
    EXPECT_TRUE(see_status(state, kFourInTen, true, at(6min)));
    EXPECT_EQ(state.due_at, at(9min));
    EXPECT_TRUE(see_status(state, kFourInTen, false, at(7min)));
    EXPECT_EQ(state.due_at, at(12min));
}

TEST(Flap, OnceSettledItStartsAnew)
{
    MachineState state;
    ASSERT_TRUE(alternate(state, 5, 1min));
    settle(state);
    EXPECT_FALSE(state.flapping);
    EXPECT_THAT(state.recent, IsEmpty());
    EXPECT_EQ(state.due_at, std::nullopt);
    EXPECT_FALSE(see_status(state, kFourInTen, false, at(5min)));
    EXPECT_EQ(state.recent.size(), 1U) << "what it said last is remembered";
}

TEST(FlapWeighted, StartsAboveThirtyPercentAndEndsAtTwentyFive)
{
    const FlapAction weighted{.transitions = 5, .within = 30min, .settle = 10min, .mode = FlapMode::weighted};
    MachineState state;
    see_status(state, weighted, false, at(0s));
    int changes = 0;
    bool firing = false;
    while (!state.flapping) {
        firing = !firing;
        see_status(state, weighted, firing, at(++changes * 1min));
        ASSERT_LT(changes, 20);
    }
    EXPECT_EQ(changes, 6) << "five of them weigh 28.5 %, six 33.9 %";
    int steady = 0;
    while (state.flapping) {
        see_status(state, weighted, firing, at((changes + ++steady) * 1min));
        ASSERT_LT(steady, 21);
    }
    EXPECT_EQ(steady, 15) << "six of the oldest weigh 25.5 %, five less";
    EXPECT_EQ(state.due_at, std::nullopt);
}

TEST(FlapWeighted, AlternatingOnEverySecondCheckIsFiftyPercent)
{
    const FlapAction weighted{.transitions = 5, .within = 30min, .settle = 10min, .mode = FlapMode::weighted};
    MachineState state;
    for (int i = 0; i < 40; ++i) see_status(state, weighted, i / 2 % 2 == 0, at(i * 1min));
    EXPECT_TRUE(state.flapping);
    EXPECT_LT(state.changes, 1U << 20U);
}

}  // namespace winnow::triage
