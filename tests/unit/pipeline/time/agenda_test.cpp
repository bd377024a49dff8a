/// @file
/// Whose turn it is and when, without a clock and without threads.

#include "unit/pipeline/time/agenda_fixture.hpp"

#include <set>
#include <string>
#include <vector>

namespace winnow::pipeline {
namespace {

using testing::ElementsAre;

TEST_F(AgendaTest, WhereNothingWaitsTheBoardIsLookedAtOnceASecondAndNothingElse)
{
    make({hold_, quiet_});
    for (int second = 0; second < 100; ++second) {
        ASSERT_EQ(next(), "look");
        looked({kNothing, kNothing});
        ASSERT_EQ(next(), "wait 1000");
        pass(1'000ms);
    }
}

TEST_F(AgendaTest, OneLooksAndNobodyElseMeanwhile)
{
    make({hold_});
    EXPECT_EQ(next(), "look");
    EXPECT_EQ(next(), "wait 1000");
}

struct Sleep {
    std::string what;
    std::vector<std::optional<milliseconds>> in;  ///< Of hold and quiet.
    std::string next;
};

TEST_F(AgendaTest, SleepsUntilTheEarliestIsDueAndNoLongerThanASecond)
{
    const std::vector<Sleep> cases{
        {"nothing waits", {kNothing, kNothing}, "wait 1000"},   {"one is due soon", {300ms, kNothing}, "wait 300"},
        {"the earlier one counts", {700ms, 300ms}, "wait 300"}, {"one is due much later", {1h, kNothing}, "wait 1000"},
        {"one is due now", {0ms, 300ms}, "find hold"},          {"one has been due", {kNothing, -1h}, "find quiet"},
        {"both have been", {-1ms, -1h}, "find hold"},
    };
    for (const auto& [what, in, expected] : cases) {
        make({hold_, quiet_});
        ASSERT_EQ(next(), "look");
        looked(in);
        EXPECT_EQ(next(), expected) << what;
    }
}

TEST_F(AgendaTest, WhatIsDueIsFoundToTheMillisecond)
{
    make({hold_});
    next();
    looked({300ms});
    pass(299ms);
    EXPECT_EQ(next(), "wait 1");
    pass(1ms);
    EXPECT_EQ(next(), "find hold");
}

TEST_F(AgendaTest, WhatComesEarlierThanExpectedIsFoundByTheNextLook)
{
    make({hold_});
    next();
    looked({5'000ms});
    pass(1'000ms);
    ASSERT_EQ(next(), "look");
    looked({0ms});
    EXPECT_EQ(next(), "find hold");
}

TEST_F(AgendaTest, AfterARoundTheBoardIsAskedWhatIsDueNext)
{
    make({hold_});
    next();
    looked({0ms});
    ASSERT_EQ(next(), "find hold");
    found(0, {a_});
    ASSERT_EQ(next(), "take hold 1");
    took(turn());
    EXPECT_EQ(next(), "wait 250");
    pass(250ms);
    EXPECT_EQ(next(), "look");
}

TEST_F(AgendaTest, WhatIsDueAndCannotBeDoneIsTriedAgainAtItsKindsPace)
{
    make({hold_});
    int tries = 0;
    for (const auto end = now_ + 10s; now_ < end;) {
        const auto what = next();
        if (what == "look") looked({-5'000ms});
        if (what == "find hold") found(0, {a_});
        if (what == "take hold 1") tries += took(turn()).count() == 0 ? 1 : 0;  // no row was due by the fold's time
        if (what.starts_with("wait")) pass(std::chrono::ceil<milliseconds>(std::get<Agenda::Wait>(task_).until - now_));
    }
    EXPECT_EQ(tries, 40);
}

TEST_F(AgendaTest, WhoHasMoreIsTakenAgainAtOnceAndBehindEverybodyElse)
{
    make({hold_});
    next();
    looked({0ms});
    next();
    found(0, {a_, b_});
    ASSERT_EQ(next(), "take hold 1");
    took(turn(), Agenda::End::done, {.rows = 1'000, .more = true});
    ASSERT_EQ(next(), "take hold 2");
    took(turn());
    EXPECT_EQ(next(), "find hold");
}

TEST_F(AgendaTest, ATenantIsWithOneFoldingKindAtATime)
{
    make({hold_, quiet_});
    next();
    looked({0ms, 0ms});
    ASSERT_EQ(next(), "find hold");
    ASSERT_EQ(next(), "find quiet");
    found(0, {a_, b_});
    found(1, {a_, b_});
    ASSERT_EQ(next(), "take hold 1");
    const auto first = turn();
    ASSERT_EQ(next(), "take quiet 2");
    const auto second = turn();
    EXPECT_EQ(next(), "wait 1000") << "both are taken";
    took(first);
    EXPECT_EQ(next(), "take quiet 1");
    took(second);
    EXPECT_EQ(next(), "take hold 2");
}

TEST_F(AgendaTest, AFloodOfOneKindKeepsNoOtherFromItsTurn)
{
    make({hold_, quiet_});
    next();
    looked({-1h, 0ms});
    ASSERT_EQ(next(), "find hold");
    found(0, {a_});
    std::vector<std::string> tasks;
    for (int i = 0; i < 6; ++i) {
        tasks.push_back(next());
        if (tasks.back() == "find hold") found(0, {a_});
        if (tasks.back() == "find quiet") found(1, {b_});
        if (tasks.back().starts_with("take hold")) took(turn(), Agenda::End::done, {.rows = 1'000, .more = true});
        if (tasks.back().starts_with("take quiet")) took(turn());
    }
    EXPECT_THAT(tasks,
                ElementsAre("find quiet", "take hold 1", "take quiet 2", "find hold", "take hold 1", "find hold"));
}

TEST_F(AgendaTest, AKindThatNoColumnTellsOfComesAtOnceAndThenAtItsOwnPace)
{
    make({purge_});
    ASSERT_EQ(next(), "look");
    looked({kNothing});
    ASSERT_EQ(next(), "find purge");
    found(0, {TenantId()});
    ASSERT_EQ(next(), "take purge nobody");
    took(turn(), Agenda::End::done, {.rows = 7, .again_in = 20ms});
    EXPECT_EQ(next(), "wait 20") << "it has more to do";
    pass(20ms);
    ASSERT_EQ(next(), "find purge");
    found(0, {TenantId()});
    next();
    took(turn());
    int looks = 0;
    while (next() != "find purge") {
        if (std::holds_alternative<Agenda::Look>(task_)) looked({kNothing}), ++looks;
        if (const auto* wait = std::get_if<Agenda::Wait>(&task_)) now_ = wait->until;
    }
    EXPECT_EQ(looks, 5) << "five seconds later";
}

TEST_F(AgendaTest, OfKindsThatAreDoneAloneOneHasATurn)
{
    make({purge_, noise_});
    next();
    looked({kNothing, kNothing});
    ASSERT_EQ(next(), "find purge");
    found(0, {TenantId()});
    ASSERT_EQ(next(), "find noise");
    found(1, {TenantId()});
    ASSERT_EQ(next(), "take purge nobody");
    const auto purging = turn();
    EXPECT_EQ(next(), "wait 1000");
    took(purging);
    EXPECT_EQ(next(), "take noise nobody");
}

TEST_F(AgendaTest, APokeHasTheBoardLookedAtAtOnceButNotWithoutAPause)
{
    make({hold_});
    next();
    looked({kNothing});
    pass(500ms);
    agenda_->poke(now_);
    ASSERT_EQ(next(), "look");
    looked({kNothing});
    for (int i = 0; i < 1'000; ++i) agenda_->poke(now_);
    EXPECT_EQ(next(), "wait 100");
}

TEST_F(AgendaTest, WhileTheDatabaseIsAwayItIsAskedOnceASecondAndWhatWasKnownStaysKnown)
{
    make({hold_, quiet_});
    next();
    looked({1'500ms, kNothing});
    pass(1'000ms);
    ASSERT_EQ(next(), "look");
    agenda_->look_failed(now_);
    EXPECT_EQ(next(), "wait 500");
    pass(500ms);
    ASSERT_EQ(next(), "find hold");
    agenda_->find_failed(0, now_);
    EXPECT_EQ(next(), "wait 250");
}

TEST_F(AgendaTest, LatenessCountsFromWhenTheEarliestWasDue)
{
    make({hold_, quiet_});
    EXPECT_EQ(agenda_->lateness(0, now_), 0ms) << "nobody has looked";
    next();
    looked({-2'000ms, 300ms});
    EXPECT_EQ(agenda_->lateness(0, now_), 2'000ms);
    EXPECT_EQ(agenda_->lateness(1, now_), 0ms) << "it is not due";
    pass(350ms);
    EXPECT_EQ(agenda_->lateness(0, now_), 2'350ms);
    EXPECT_EQ(agenda_->lateness(1, now_), 50ms);
    pass(650ms);
    ASSERT_EQ(next(), "look");
    looked({kNothing, kNothing});
    EXPECT_EQ(agenda_->lateness(0, now_), 0ms);
}

TEST_F(AgendaTest, LatenessOfWhatHasAnIntervalCountsFromItsEnd)
{
    make({noise_});
    pass(40ms);
    ASSERT_EQ(next(), "look");
    ASSERT_EQ(next(), "find noise");
    looked({kNothing});
    found(0, {TenantId()});
    ASSERT_EQ(next(), "take noise nobody");
    EXPECT_EQ(agenda_->lateness(0, now_), 40ms) << "it was due when the agenda was made";
    took(turn());
    pass(1'070ms);
    ASSERT_EQ(next(), "look");
    ASSERT_EQ(next(), "find noise");
    EXPECT_EQ(agenda_->lateness(0, now_), 70ms);
}

TEST_F(AgendaTest, WhoFailsThreeTimesIsSetAsideWithGrowingPausesAndOnlyForThatKind)
{
    make({hold_, quiet_});
    std::vector<milliseconds> pauses;
    std::set<std::string> seen;
    for (const auto end = now_ + 1h; now_ < end;) {
        const auto what = next();
        seen.insert(what);
        if (what == "look") looked({0ms, 0ms});
        if (what == "find hold") found(0, {a_});
        if (what == "find quiet") found(1, {a_});
        if (what == "take hold 1") pauses.push_back(took(turn(), Agenda::End::failed));
        if (what == "take quiet 1") took(turn());
        EXPECT_LE(agenda_->left_out(0, now_), 1U);
        EXPECT_EQ(agenda_->left_out(1, now_), 0U);
        if (what.starts_with("wait")) now_ = std::max(std::get<Agenda::Wait>(task_).until, now_ + 1ms);
    }
    EXPECT_TRUE(seen.contains("take quiet 1"));
    EXPECT_THAT(pauses, ElementsAre(0ms, 0ms, 0ms, 1min, 2min, 4min, 8min, 10min, 10min, 10min, 10min, 10min));
}

TEST_F(AgendaTest, WhatIsNobodysOwnIsNeverSetAside)
{
    make({quiet_});
    int failures = 0;
    for (const auto end = now_ + 20s; now_ < end;) {
        const auto what = next();
        if (what == "look") looked({0ms});
        if (what == "find quiet") found(0, {TenantId()});
        if (what == "take quiet nobody") {
            EXPECT_EQ(took(turn(), Agenda::End::failed), 0ms);
            ++failures;
        }
        if (what.starts_with("wait")) now_ = std::get<Agenda::Wait>(task_).until;
    }
    EXPECT_EQ(failures, 20) << "once a second";
}

TEST_F(AgendaTest, IsBehindWhileSomethingIsDueOrSomebodyIsAtIt)
{
    make({hold_});
    EXPECT_TRUE(agenda_->is_behind(now_)) << "nobody has looked";
    next();
    looked({300ms});
    EXPECT_FALSE(agenda_->is_behind(now_));
    pass(300ms);
    EXPECT_TRUE(agenda_->is_behind(now_));
    next();
    found(0, {a_});
    next();
    EXPECT_TRUE(agenda_->is_behind(now_));
    took(turn());
    EXPECT_FALSE(agenda_->is_behind(now_));
}

}  // namespace
}  // namespace winnow::pipeline
