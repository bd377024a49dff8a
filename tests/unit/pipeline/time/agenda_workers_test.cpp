/// @file
/// Several workers at one agenda.

#include "unit/pipeline/time/agenda_fixture.hpp"

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace winnow::pipeline {
namespace {

TEST_F(AgendaTest, WhoeverHangsOneWorkerIsThereForTheBoardAndForWhatNeverWaits)
{
    const ports::DueTraits reminder{.name = "reminder", .never_waits = true};
    agenda_.emplace(std::vector{hold_, reminder}, 1'000ms, now_, 3);
    names_ = {"hold", "reminder"};
    next();
    looked({0ms, kNothing});
    ASSERT_EQ(next(), "find hold");
    found(0, {a_, b_, c_, tenant_id(4)});
    ASSERT_EQ(next(), "take hold 1");
    ASSERT_EQ(next(), "take hold 2");
    ASSERT_EQ(next(), "take hold 3");
    for (int second = 0; second < 20; ++second) {
        ASSERT_EQ(next(), "wait 1000") << "the fourth tenant has to wait";
        pass(1'000ms);
        ASSERT_EQ(next(), "look");
        looked({-1'000ms, 0ms});
        ASSERT_EQ(next(), "find reminder");
        found(1, {TenantId()});
        ASSERT_EQ(next(), "take reminder nobody");
        took(turn());
    }
}

TEST_F(AgendaTest, ATenantWhoseTurnTakesLongHoldsUpNoOther)
{
    make({hold_});
    next();
    looked({0ms});
    ASSERT_EQ(next(), "find hold");
    found(0, {a_});
    ASSERT_EQ(next(), "take hold 1");
    const auto slow = turn();
    ASSERT_EQ(next(), "wait 250");
    pass(250ms);
    ASSERT_EQ(next(), "look");
    looked({-250ms});
    ASSERT_EQ(next(), "find hold");
    found(0, {a_, b_});
    EXPECT_EQ(next(), "take hold 2") << "and not the other one, who is under way";
    took(turn());
    EXPECT_EQ(next(), "wait 250");
    took(slow, Agenda::End::done, {.rows = 1'000, .more = true});
    EXPECT_EQ(next(), "find hold");
}

TEST_F(AgendaTest, WhomAnotherKindIsAtForLongHoldsUpNoOtherTenant)
{
    make({hold_, quiet_});
    next();
    looked({kNothing, 0ms});
    ASSERT_EQ(next(), "find quiet");
    found(1, {a_});
    ASSERT_EQ(next(), "take quiet 1");
    agenda_->poke(now_ + 100ms);
    pass(100ms);
    ASSERT_EQ(next(), "look");
    looked({0ms, kNothing});
    ASSERT_EQ(next(), "find hold");
    found(0, {a_});
    EXPECT_EQ(next(), "wait 1000") << "it is taken";
    pass(1'000ms);
    ASSERT_EQ(next(), "look");
    looked({-1'000ms, kNothing});
    pass(250ms);
    ASSERT_EQ(next(), "look");
    looked({-1'250ms, kNothing});
    ASSERT_EQ(next(), "find hold");
    found(0, {a_, b_});
    EXPECT_EQ(next(), "take hold 2");
}

TEST_F(AgendaTest, WhoIsRefusedAfterTheOthersWereTriedIsWaitedForAllTheSame)
{
    make({hold_});
    next();
    looked({0ms});
    next();
    found(0, {a_});
    ASSERT_EQ(next(), "take hold 1");
    const auto refused = turn();
    ASSERT_EQ(next(), "wait 250");
    took(refused, Agenda::End::busy);
    EXPECT_EQ(next(), "patient hold 1");
    took(turn(), Agenda::End::busy);
    EXPECT_EQ(next(), "wait 250") << "once a round";
}

TEST_F(AgendaTest, WhatIsPokedWhileSomebodyLooksIsLookedForAgainSoon)
{
    make({hold_});
    ASSERT_EQ(next(), "look");
    pass(50ms);
    agenda_->poke(now_);
    looked({kNothing});
    EXPECT_EQ(next(), "wait 100");
    pass(100ms);
    ASSERT_EQ(next(), "look");
    agenda_->poke(now_);
    agenda_->look_failed(now_);
    EXPECT_EQ(next(), "wait 100");
}

TEST_F(AgendaTest, WhatARoundLeavesWhileSomebodyLooksIsLookedForAtItsKindsPace)
{
    make({hold_});
    next();
    looked({0ms});
    next();
    found(0, {a_, b_});
    ASSERT_EQ(next(), "take hold 1");
    took(turn());
    pass(1'000ms);
    ASSERT_EQ(next(), "look");
    ASSERT_EQ(next(), "take hold 2");
    took(turn());
    looked({kNothing});
    EXPECT_EQ(next(), "wait 250");
}

TEST_F(AgendaTest, ATimeBeyondAllClocksIsFarAndNoMore)
{
    make({hold_, quiet_});
    next();
    looked({milliseconds::max(), milliseconds::min()});
    EXPECT_EQ(next(), "find quiet");
    EXPECT_EQ(next(), "wait 1000");
    EXPECT_EQ(agenda_->lateness(0, now_), 0ms);
    EXPECT_EQ(agenda_->lateness(1, now_), 24h);
}

TEST_F(AgendaTest, WhoseCallTheAbsentDatabaseEndedIsAsFarFromBeingLeftOutAsBefore)
{
    make({hold_});
    std::vector<milliseconds> pauses;
    for (int i = 0; i < 7; ++i) {
        while (next() != "take hold 1") {
            if (std::holds_alternative<Agenda::Look>(task_)) looked({0ms});
            if (std::holds_alternative<Agenda::Find>(task_)) found(0, {a_});
            if (const auto* wait = std::get_if<Agenda::Wait>(&task_)) now_ = wait->until;
        }
        pauses.push_back(took(turn(), i % 2 == 0 ? Agenda::End::failed : Agenda::End::away));
    }
    EXPECT_THAT(pauses, testing::ElementsAre(0ms, 0ms, 0ms, 0ms, 0ms, 0ms, 1min));
    EXPECT_EQ(end_of(Error(ErrorCode::unavailable, ""), true), Agenda::End::failed) << "the board was there meanwhile";
}

/// Whatever several workers answer, in whatever order: nobody is handed out twice, everybody who is due comes to his
/// turn, and it never stands still.
TEST_F(AgendaTest, WhateverWorkersAnswerEverybodyWhoIsDueComesToHisTurnAndNobodyIsWithTwo)
{
    std::mt19937 dice(20261127);  // NOLINT: a property, the same in each run
    make({hold_, quiet_, purge_, noise_});
    std::vector<Agenda::Task> out;
    std::map<std::pair<std::size_t, TenantId>, int> taken;
    int purges = 0;
    for (int i = 0; i < 50'000; ++i) {
        if (out.size() < 4) {
            const auto what = next();
            if (what.starts_with("wait")) {
                ASSERT_GT(std::get<Agenda::Wait>(task_).until, now_);
                if (out.empty()) now_ = std::get<Agenda::Wait>(task_).until;
            } else {
                if (const auto* turn = std::get_if<Agenda::Take>(&task_)) {
                    for (const auto& other : out) {
                        const auto* at = std::get_if<Agenda::Take>(&other);
                        if (at == nullptr) continue;
                        if (turn->kind < 2 && at->kind < 2) ASSERT_NE(at->tenant, turn->tenant);
                        ASSERT_FALSE(turn->kind >= 2 && at->kind >= 2) << "one chore at a time";
                    }
                }
                out.push_back(task_);
            }
        }
        now_ += 1ms;
        if (out.empty() || (out.size() < 4 && dice() % 2 == 0)) continue;
        const auto at = out.begin() + static_cast<std::ptrdiff_t>(dice() % out.size());
        const auto task = *at;
        out.erase(at);
        if (std::holds_alternative<Agenda::Look>(task)) {
            dice() % 10 == 0 ? agenda_->look_failed(now_) : looked({0ms, 0ms, kNothing, kNothing});
        } else if (const auto* find = std::get_if<Agenda::Find>(&task)) {
            if (dice() % 10 == 0) {
                agenda_->find_failed(find->kind, now_);
            } else {
                found(find->kind, find->kind < 2 ? std::vector{a_, b_, c_} : std::vector{TenantId()});
            }
        } else if (const auto* turn = std::get_if<Agenda::Take>(&task)) {
            const auto end = dice() % 3 == 0 ? Agenda::End::busy : Agenda::End::done;
            took(*turn, end, {.more = dice() % 4 == 0});
            if (end == Agenda::End::done) ++taken[{turn->kind, turn->tenant}];
            if (turn->kind >= 2) ++purges;
        }
    }
    EXPECT_EQ(taken.size(), 8U);
    for (const auto& [whom, times] : taken) EXPECT_GT(times, whom.first == 2 ? 2 : 10) << whom.first;
    EXPECT_GT(purges, 10);
}

}  // namespace
}  // namespace winnow::pipeline
