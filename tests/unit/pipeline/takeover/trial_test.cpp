/// @file
/// A dead writer's rows are tried in a process of their own, once a taker has died over them, too.

#include "pipeline/takeover/trial.hpp"

#include "pipeline/takeover/orphan_replay.hpp"
#include "stream_keeper_fixture.hpp"
#include "winnow/pipeline/row_trial.hpp"

#include <vector>

namespace winnow::pipeline {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using State = TrialReport::State;

class TrialTest : public StreamKeeperTest {
protected:
    // Its threads look at the bench until they are gone.
    void TearDown() override { stream_keeper_.reset(); }

    /// `takeovers`: that have begun before.
    void put(std::uint64_t rows, std::int32_t takeovers)
    {
        for (std::uint64_t seq = 1; seq <= rows; ++seq) streams_.rows_.push_back(stored(one_, 5, seq, {"a"}));
        streams_.orphans_.push_back(5);
        streams_.takeovers_ = takeovers;
    }
    void take_over(std::chrono::milliseconds before_serving = {})
    {
        auto options = quick_;
        options.before_serving = before_serving;
        options.trials = &bench_;
        start(options);
    }
    /// As take_over(), where the pause after a process that told nothing is as good as none.
    void take_over_at_once()
    {
        Trials trials(&bench_, counted_, counted_, {.again = 1ms});
        OrphanReplay orphan(5, streams_, triage_, trials);
        ASSERT_TRUE(eventually([&] { return orphan.step() == OrphanReplay::Step::ended; }));
    }
    [[nodiscard]] bool ended(std::size_t streams = 1)
    {
        return eventually([&] { return streams_.ended().size() == streams; });
    }
    [[nodiscard]] std::vector<TrialOrder> orders()
    {
        return bench_.with([](auto& bench) { return bench.orders_; });
    }
    [[nodiscard]] TrialReport died(std::uint64_t seq, bool reading = false) const
    {
        return {.state = State::died, .at = TriedRow{.tenant = one_, .seq = seq}, .reading = reading};
    }

    FakeBench bench_;
    const observe::Counter counted_ = metrics_.counter("counted", "Rows.");
};

TEST_F(TrialTest, TheFirstTakeoverTriesNothing)
{
    put(3, 0);
    take_over();
    ASSERT_TRUE(ended());
    EXPECT_THAT(orders(), IsEmpty());
    EXPECT_EQ(store_.occurrences(one_, "a"), 3);
}

TEST_F(TrialTest, TheSecondOneTriesTheFirstRowsAndFoldsTheRest)
{
    put(3, 1);
    bench_.on_start_ = [&](const TrialOrder& /*order*/) {  // it folds two of them
        triage_.submit({row(one_, 5, 1, {"a"}), row(one_, 5, 2, {"a"})});
        ASSERT_TRUE(triage_.flush(10s));
    };
    bench_.reports_ = {{.state = State::passed, .steps = 5, .alerts = 2}};
    take_over();
    ASSERT_TRUE(ended());
    ASSERT_EQ(orders().size(), 1U);
    EXPECT_EQ(orders()[0].stream, 5);
    EXPECT_EQ(orders()[0].rows, 256U);
    EXPECT_THAT(orders()[0].aside, IsEmpty());
    EXPECT_EQ(store_.occurrences(one_, "a"), 3);
    EXPECT_TRUE(eventually([&] { return metrics_.exposition().contains("winnow_takeover_alerts_total 3"); }));
}

TEST_F(TrialTest, EachFurtherTakeoverTriesSixteenTimesAsMany)
{
    put(3, 3);
    bench_.reports_ = {{.state = State::passed}};
    take_over();
    ASSERT_TRUE(ended());
    ASSERT_EQ(orders().size(), 1U);
    EXPECT_EQ(orders()[0].rows, 256U * 16 * 16);
}

TEST_F(TrialTest, NothingOfTheStreamIsFoldedHereUntilItsTrialIsOver)
{
    put(3, 1);
    take_over();
    ASSERT_TRUE(eventually([&] { return !orders().empty(); }));
    const auto claims = streams_.with([](auto& streams) { return streams.claims_; });
    ASSERT_TRUE(eventually([&] { return streams_.with([&](auto& s) { return s.claims_ > claims + 3; }); }));
    EXPECT_EQ(store_.attempts(), 0);
    bench_.with([](auto& bench) { bench.reports_ = {{.state = State::passed}}; });
    ASSERT_TRUE(ended());
    EXPECT_EQ(store_.occurrences(one_, "a"), 3);
}

TEST_F(TrialTest, ARowAtWhichOneProcessDiedIsTriedAgainAndNotSetAside)
{
    put(3, 1);
    bench_.reports_ = {died(2), {.state = State::passed}};
    take_over();
    ASSERT_TRUE(ended());
    ASSERT_EQ(orders().size(), 2U);
    EXPECT_THAT(orders()[1].aside, IsEmpty());
    EXPECT_TRUE(metrics_.exposition().contains("winnow_quarantined_rows_total 0"));
}

TEST_F(TrialTest, ARowAtWhichTwoProcessesDiedIsSetAside)
{
    put(3, 1);
    bench_.reports_ = {
        died(2), died(2), {.state = State::passed, .steps = 9, .set_aside = {{.tenant = one_, .seq = 2}}}};
    take_over();
    ASSERT_TRUE(ended());
    ASSERT_EQ(orders().size(), 3U);
    ASSERT_EQ(orders()[2].aside.size(), 1U);
    EXPECT_EQ(orders()[2].aside[0].row, (TriedRow{.tenant = one_, .seq = 2}));
    EXPECT_FALSE(orders()[2].aside[0].unread);
    EXPECT_TRUE(eventually([&] { return metrics_.exposition().contains("winnow_quarantined_rows_total 1"); }));
}

TEST_F(TrialTest, ProcessesThatDiedAtDifferentRowsBlameNone)
{
    put(3, 1);
    bench_.reports_ = {died(2), died(3), {.state = State::passed}};
    take_over();
    ASSERT_TRUE(ended());
    ASSERT_EQ(orders().size(), 3U);
    EXPECT_THAT(orders()[2].aside, IsEmpty());
}

TEST_F(TrialTest, ARowThatEndsProcessesWhileItIsReadIsSetAsideUnread)
{
    put(3, 1);
    bench_.reports_ = {died(1, true), died(1, true), {.state = State::passed}};
    take_over();
    ASSERT_TRUE(ended());
    ASSERT_EQ(orders().size(), 3U);
    ASSERT_EQ(orders()[2].aside.size(), 1U);
    EXPECT_TRUE(orders()[2].aside[0].unread);
}

TEST_F(TrialTest, WhatEndsProcessesEvenUnreadHoldsUpNoStreamForEver)
{
    put(3, 1);
    bench_.reports_.assign(5, died(1));
    bench_.reports_.push_back({.state = State::passed});
    take_over();
    ASSERT_TRUE(ended());
    ASSERT_EQ(orders().size(), 6U);
    EXPECT_TRUE(orders()[4].aside.at(0).unread);
    EXPECT_THAT(orders()[5].left, ElementsAre(one_));
}

TEST_F(TrialTest, AProcessThatSomebodyStoppedBlamesNobody)
{
    put(1, 1);
    const TrialReport stopped{.state = State::stopped, .at = TriedRow{.tenant = one_, .seq = 1}};
    bench_.reports_ = {stopped, {.state = State::passed}};
    take_over_at_once();
    ASSERT_TRUE(ended());
    ASSERT_EQ(orders().size(), 2U);
    EXPECT_THAT(orders()[1].aside, IsEmpty());
    EXPECT_EQ(store_.occurrences(one_, "a"), 1);
}

TEST_F(TrialTest, WhereNoProcessIsToBeHadRowsAreFoldedUntried)
{
    put(2, 1);
    bench_.refused_ = true;
    take_over_at_once();
    ASSERT_TRUE(ended());
    EXPECT_EQ(orders().size(), 3U);
    EXPECT_EQ(store_.occurrences(one_, "a"), 2);
}

TEST_F(TrialTest, WhereNoProcessIsToBeHadAnotherOneIsAskedForAfterAPause)
{
    put(2, 1);
    bench_.refused_ = true;
    Trials trials(&bench_, counted_, counted_, {.again = 1h});
    Trial trial(trials, streams_, 5);
    for (int steps = 0; steps < 10; ++steps) EXPECT_FALSE(trial.step());
    EXPECT_EQ(orders().size(), 1U);
}

TEST_F(TrialTest, ARowThatIsSlowToStoreIsFoldedAsUsual)
{
    put(2, 1);
    bench_.reports_ = {{.state = State::slow, .at = TriedRow{.tenant = one_, .seq = 1}}, {.state = State::passed}};
    take_over();
    ASSERT_TRUE(ended());
    ASSERT_EQ(orders().size(), 2U);
    EXPECT_THAT(orders()[1].left, ElementsAre(one_));
    EXPECT_EQ(store_.occurrences(one_, "a"), 2);
}

TEST_F(TrialTest, OneStreamAtATimeIsTried)
{
    put(2, 1);
    streams_.rows_.push_back(stored(two_, 6, 1, {"b"}));
    streams_.orphans_.push_back(6);
    take_over();
    ASSERT_TRUE(eventually([&] { return !orders().empty(); }));
    const auto claims = streams_.with([](auto& streams) { return streams.claims_; });
    ASSERT_TRUE(eventually([&] { return streams_.with([&](auto& s) { return s.claims_ > claims + 3; }); }));
    EXPECT_EQ(orders().size(), 1U);
    bench_.with([](auto& bench) { bench.reports_ = {{.state = State::passed}, {.state = State::passed}}; });
    ASSERT_TRUE(ended(2));
    EXPECT_EQ(orders().size(), 2U);
    EXPECT_EQ(store_.occurrences(two_, "b"), 1);
}

TEST_F(TrialTest, WhatIsTriedIsWithTriageBeforeAnythingNewCanBe)
{
    put(3, 1);
    std::atomic<bool> passed = false;
    const std::jthread process([&] {
        ASSERT_TRUE(eventually([&] { return !orders().empty(); }));
        passed = true;
        bench_.with([](auto& bench) { bench.reports_ = {{.state = State::passed}}; });
    });
    take_over(60s);
    EXPECT_TRUE(passed);
    ASSERT_TRUE(triage_.flush(60s));
    EXPECT_EQ(store_.applied(one_, 5).value(), 3U) << "all of them were with it";
}

TEST_F(TrialTest, LaterStreamsWaitForATrialForAMomentOnly)
{
    put(2, 1);
    for (const auto ahead : {1h, 0h}) {
        Trials trials(&bench_, counted_, counted_, {.ahead = ahead});
        Trial trial(trials, streams_, 5);
        EXPECT_FALSE(trial.goes_first()) << "nobody knows yet whether there is anything to try";
        EXPECT_FALSE(trial.step());
        EXPECT_EQ(trial.goes_first(), ahead > 0h);
        EXPECT_FALSE(trial.step());
        EXPECT_EQ(trial.goes_first(), ahead > 0h) << "it is under way";
        bench_.with([](auto& bench) { bench.reports_ = {{.state = State::passed}}; });
        EXPECT_TRUE(trial.step());
        EXPECT_FALSE(trial.goes_first());
    }
}

TEST_F(TrialTest, WhereRowsOfSeveralTenantsEndProcessesAndNonePassesNothingOfTheStreamIsFolded)
{
    put(3, 1);
    for (std::uint64_t seq = 1; seq <= 17; ++seq) {
        const TriedRow at{.tenant = seq % 2 == 0 ? one_ : two_, .seq = seq};
        for (int deaths = 0; deaths < 2; ++deaths) bench_.reports_.push_back({.state = State::died, .at = at});
    }
    take_over();
    ASSERT_TRUE(eventually([&] { return metrics_.exposition().contains("winnow_takeover_standing_total 1\n"); }));
    const auto claims = streams_.with([](auto& streams) { return streams.claims_; });
    ASSERT_TRUE(eventually([&] { return streams_.with([&](auto& s) { return s.claims_ > claims + 3; }); }));
    EXPECT_EQ(store_.attempts(), 0);
    EXPECT_THAT(streams_.ended(), IsEmpty());
    EXPECT_EQ(streams_.with([](auto& streams) { return streams.takeovers_; }), 1) << "it is no takeover";
}

TEST_F(TrialTest, AStopEndsTheProcess)
{
    put(2, 1);
    take_over();
    ASSERT_TRUE(eventually([&] { return !orders().empty(); }));
    stream_keeper_.reset();
    EXPECT_EQ(bench_.with([](auto& bench) { return bench.stops_; }), 1);
}

TEST_F(TrialTest, ATrialThatEndsWithItsOwnerIsNoTakeoverAndTriesNoMoreTheNextTime)
{
    put(2, 1);
    take_over();
    ASSERT_TRUE(eventually([&] { return !orders().empty(); }));
    stream_keeper_.reset();
    EXPECT_EQ(streams_.with([](auto& streams) { return streams.takeovers_; }), 1);
    bench_.with([](auto& bench) { bench.reports_ = {{.state = State::passed}}; });
    take_over();
    ASSERT_TRUE(ended());
    EXPECT_EQ(orders().back().rows, 256U);
    EXPECT_EQ(streams_.with([](auto& streams) { return streams.takeovers_; }), 2);
}

TEST_F(TrialTest, OfAStreamWhoseRowsAreAllAppliedNothingIsWrittenDown)
{
    put(0, 5);
    take_over();
    ASSERT_TRUE(ended());
    EXPECT_THAT(orders(), IsEmpty());
    EXPECT_EQ(streams_.with([](auto& streams) { return streams.takeovers_; }), 5);
}

}  // namespace
}  // namespace winnow::pipeline
