/// @file
/// Alerts that are dear to judge, by a clock of the test's: nobody waits for all of another tenant's.

#include "pipeline/fold/tenant_line.hpp"
#include "triage_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <set>

namespace winnow::pipeline {
namespace {

using testing::ElementsAre;

/// Each alert takes 20 ms of its thread: one is a turn while others wait, five are one alone.
class FairTriageTest : public TriageServiceTest {
protected:
    void make_dear(std::size_t workers = 1)
    {
        make({.workers = workers, .coalesce = 1ms, .spent = [this] {
                  return std::chrono::nanoseconds(spent_ += 20'000'000);
              }});
    }
    /// The only worker is at a third tenant's row, until hold(false). A third one's: how long that takes on a busy
    /// machine is charged to it, and says nothing of the other two.
    void occupy()
    {
        configs_.put(config(third_), false);
        hold(true);
        submit({row(third_, 3, 1, {"c"})});
        ASSERT_TRUE(eventually([&] { return store_.attempts() == 1; }));
    }
    static std::vector<std::string> keys(std::size_t count) { return std::vector<std::string>(count, "a"); }

    std::atomic<std::int64_t> spent_ = 0;
    const TenantId third_ = tenant_id(5);
};

TEST_F(FairTriageTest, WhatIsDearOfOneTenantIsJudgedBetweenTheTurnsOfOthersAndStoredInOrder)
{
    make_dear();
    occupy();
    std::vector<journal::CommittedRow> many;
    for (std::uint64_t seq = 2; seq <= 31; ++seq) many.push_back(row(one_, 3, seq, keys(2)));
    submit(std::move(many));
    submit({row(two_, 3, 40, {"b"})});
    hold(false);
    ASSERT_TRUE(flushed());
    const auto all = moves();
    ASSERT_GE(all.size(), 2U);
    EXPECT_EQ(all[0], std::tuple(third_, 0U, 1U));
    EXPECT_EQ(all[1], std::tuple(two_, 0U, 40U)) << "it waited for the other one's thirty rows";
    std::uint64_t reached = 0;
    for (std::size_t i = 2; i < all.size(); ++i) {
        const auto& [tenant, from, to] = all[i];
        EXPECT_EQ(tenant, one_);
        EXPECT_EQ(from, reached);
        EXPECT_LE(to - std::max<std::uint64_t>(from, 1), 3U) << "what one turn judges is what it stores";
        reached = to;
    }
    EXPECT_EQ(reached, 31U);
    EXPECT_EQ(store_.occurrences(one_, "a"), 60);
    EXPECT_TRUE(measured("winnow_triage_fold_failures_total 0"));
}

TEST_F(FairTriageTest, ARowOfManyIsJudgedOverSeveralTurnsAndStoredWholeAndOnce)
{
    make_dear();
    occupy();
    submit({row(one_, 3, 2, keys(30))});
    for (std::uint64_t seq = 3; seq <= 6; ++seq) submit({row(two_, 3, seq, {"b"})});
    hold(false);
    ASSERT_TRUE(flushed());
    EXPECT_EQ(moves().back(), std::tuple(one_, 0U, 2U));
    EXPECT_EQ(store_.occurrences(one_, "a"), 30);
    const auto done = store_.done();
    ASSERT_EQ(done.back().verdicts.size(), 1U);
    EXPECT_EQ(done.back().verdicts[0].second.size(), 30U);
}

TEST_F(FairTriageTest, AloneATenantStoresWhatATenthOfASecondJudges)
{
    make_dear();
    submit({row(one_, 3, 1, keys(1)), row(one_, 3, 2, keys(1)), row(one_, 3, 3, keys(1)), row(one_, 3, 4, keys(1)),
            row(one_, 3, 5, keys(1)), row(one_, 3, 6, keys(1)), row(one_, 3, 7, keys(1))});
    ASSERT_TRUE(flushed());
    EXPECT_THAT(moves(), ElementsAre(std::tuple(one_, 0, 5), std::tuple(one_, 5, 7)));
}

TEST_F(FairTriageTest, WhatIsJudgedIsNotJudgedAgainWhereItIsNotStoredAtOnce)
{
    make_dear();
    submit({row(one_, 3, 1, keys(30))});
    ASSERT_TRUE(flushed());
    const auto once = spent_.exchange(0);
    fail_next({ErrorCode::unavailable, ErrorCode::unavailable});
    submit({row(one_, 3, 2, keys(30))});
    ASSERT_TRUE(flushed());
    EXPECT_LE(spent_, once + 5 * 20'000'000) << "a look at the clock for each attempt";
    EXPECT_EQ(store_.occurrences(one_, "a"), 60);
}

TEST_F(FairTriageTest, TwoTenantsWithLongFoldsLeaveAWorkerToTheOthers)
{
    make({.workers = 2, .coalesce = 1ms});
    const auto hold_both = [&](bool held) {
        store_.with([&](auto& store) { store.held_for_ = held ? std::set{one_, two_} : std::set<TenantId>{}; });
    };
    hold_both(true);
    submit({row(one_, 3, 1, {"a"}), row(two_, 3, 1, {"b"})});
    ASSERT_TRUE(eventually([&] { return store_.attempts() == 2; }));
    const auto begun = std::chrono::steady_clock::now();
    ASSERT_TRUE(eventually([&] { return std::chrono::steady_clock::now() - begun > TenantLine::kSlow * 3 / 2; }));
    hold_both(false);
    ASSERT_TRUE(flushed());

    hold_both(true);
    submit({row(one_, 3, 2, {"a"}), row(two_, 3, 2, {"b"})});
    ASSERT_TRUE(eventually([&] { return store_.attempts() == 3; }));
    const auto quiet = tenant_id(5);
    configs_.put(config(quiet), false);
    submit({row(quiet, 3, 3, {"c"})});
    EXPECT_TRUE(eventually([&] { return position(quiet, 3) == 3; })) << "both workers are at the slow ones";
    EXPECT_EQ(store_.attempts(), 4);
    hold_both(false);
    ASSERT_TRUE(flushed());
    EXPECT_EQ(store_.occurrences(one_, "a"), 2);
    EXPECT_EQ(store_.occurrences(two_, "b"), 2);
}

}  // namespace
}  // namespace winnow::pipeline
