/// @file
/// Whose turn it is and when, without a clock and without threads.

#include "pipeline/time/agenda.hpp"

#include "unit/pipeline/fakes.hpp"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>
#include <string>

namespace winnow::pipeline {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

const Agenda::Instant kStart{1'000h};
constexpr std::optional<milliseconds> kNothing = std::nullopt;

/// What a task is, in a word: "look", "find hold", "take hold 1", "patient hold 1", "wait 250".
class Words {
public:
    explicit Words(std::vector<std::string> kinds) : kinds_(std::move(kinds)) {}
    std::string of(const Agenda::Task& task, Agenda::Instant now) const
    {
        if (std::holds_alternative<Agenda::Look>(task)) return "look";
        if (const auto* find = std::get_if<Agenda::Find>(&task)) return "find " + kinds_.at(find->kind);
        if (const auto* turn = std::get_if<Agenda::Take>(&task)) {
            std::string number = "nobody";
            for (std::uint64_t n = 1; n < 20; ++n) {
                if (turn->tenant == tenant_id(n)) number = std::to_string(n);
            }
            return (turn->patience.count() > 0 ? "patient " : "take ") + kinds_.at(turn->kind) + " " + number;
        }
        return "wait " +
               std::to_string(std::chrono::ceil<milliseconds>(std::get<Agenda::Wait>(task).until - now).count());
    }

private:
    std::vector<std::string> kinds_;
};

class AgendaTest : public testing::Test {
protected:
    void make(const std::vector<ports::DueTraits>& kinds)
    {
        agenda_.emplace(kinds, 1'000ms, now_);
        names_.clear();
        for (const auto& kind : kinds) names_.emplace_back(kind.name);
    }
    /// Hands out the next task.
    std::string next()
    {
        task_ = agenda_->next(now_);
        return Words(names_).of(task_, now_);
    }
    Agenda::Take turn() const { return std::get<Agenda::Take>(task_); }
    void pass(milliseconds time) { now_ += time; }
    void looked(const std::vector<std::optional<milliseconds>>& in) { agenda_->looked(in, now_); }
    void found(std::size_t kind, const std::vector<TenantId>& tenants) { agenda_->found(kind, tenants, now_); }
    milliseconds took(const Agenda::Take& turn, Agenda::End end = Agenda::End::done, ports::DueDone done = {})
    {
        return agenda_->took(turn, end, done, now_);
    }

    Agenda::Instant now_ = kStart;
    std::optional<Agenda> agenda_;
    std::vector<std::string> names_;
    Agenda::Task task_;
    const ports::DueTraits hold_{.name = "hold", .again = 250ms, .after_fold = true};
    const ports::DueTraits quiet_{.name = "quiet", .again = 1'000ms, .after_fold = true};
    const ports::DueTraits purge_{.name = "purge", .every = 5'000ms, .alone = "chores"};
    const ports::DueTraits noise_{.name = "noise", .every = 1'000ms, .alone = "chores"};
    const TenantId a_ = tenant_id(1), b_ = tenant_id(2), c_ = tenant_id(3);
};

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
