#include "unit/pipeline/fake_chores.hpp"
#include "unit/pipeline/fakes.hpp"
#include "unit/pipeline/time/one_clock.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/chore_kinds.hpp"
#include "winnow/pipeline/due_kinds.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace winnow::pipeline {
namespace {

using ports::ChoreStep;

class UpkeepTest : public testing::Test {
protected:
    static std::deque<Result<ChoreStep>> much_to_do()
    {
        std::deque<Result<ChoreStep>> steps;
        for (int i = 0; i < 1'000; ++i) steps.emplace_back(ChoreStep{.rows = 10, .more = true});
        return steps;
    }
    bool done(FakeChores& chores, const std::string& name, std::ptrdiff_t times)
    {
        return eventually([&] { return std::ranges::count(chores.steps(), name) >= times; });
    }
    bool shows(const std::string& line)
    {
        return eventually([&] { return metrics_.exposition().contains(line); });
    }

    const UpkeepOptions quick_{.between_steps = 1ms, .after_failure = 1ms};
    observe::Metrics metrics_;
};

TEST_F(UpkeepTest, EveryChoreIsDoneAtOnceAndThenOnceAnInterval)
{
    FakeChores chores({"partitions", "noise"});
    Upkeep upkeep(chores, quick_, metrics_);
    OneClock clock(upkeep.kinds(), metrics_);
    clock.start();
    EXPECT_TRUE(done(chores, "partitions", 3));
    EXPECT_TRUE(done(chores, "noise", 3));
}

TEST_F(UpkeepTest, WhatHasMoreToDoGoesOnWithoutWaitingForItsInterval)
{
    FakeChores chores({"purge"}, 1h);
    chores.answer("purge", {ChoreStep{.rows = 7, .more = true}, ChoreStep{.rows = 5, .more = false}});
    Upkeep upkeep(chores, quick_, metrics_);
    OneClock clock(upkeep.kinds(), metrics_);
    clock.start();
    EXPECT_TRUE(shows("winnow_chore_rows_total{chore=\"purge\"} 12"));
    EXPECT_EQ(chores.steps().size(), 2U);
}

TEST_F(UpkeepTest, WhatAnotherNodeHasBegunIsLeftToItUntilItsIntervalIsOver)
{
    FakeChores chores({"purge", "other"}, 1h);
    chores.refuse("purge", {5ms, Error(ErrorCode::unavailable, "away"), 5ms, std::chrono::milliseconds{1h}});
    Upkeep upkeep(chores, quick_, metrics_);
    OneClock clock(upkeep.kinds(), metrics_);
    clock.start();
    EXPECT_TRUE(shows("winnow_chore_failures_total{chore=\"purge\"} 1"));
    EXPECT_TRUE(eventually([&] { return chores.refusals("purge") == 0; }));
    EXPECT_TRUE(done(chores, "other", 1));
    EXPECT_EQ(std::ranges::count(chores.steps(), "purge"), 0);
}

TEST_F(UpkeepTest, WhatIsBegunIsGoneOnWithAndNotClaimedAgainBeforeItsIntervalIsOver)
{
    FakeChores chores({"purge"}, 1h);
    chores.answer("purge", {ChoreStep{.rows = 1, .more = true}, Error(ErrorCode::conflict, "locked"),
                            ChoreStep{.rows = 1, .more = false, .left_out = 1, .again_in = 1ms},
                            ChoreStep{.rows = 1, .more = false}});
    chores.refuse("purge", {0ms, std::chrono::milliseconds{1h}});
    Upkeep upkeep(chores, quick_, metrics_);
    OneClock clock(upkeep.kinds(), metrics_);
    clock.start();
    EXPECT_TRUE(shows("winnow_chore_rows_total{chore=\"purge\"} 3"));
    EXPECT_EQ(chores.refusals("purge"), 1U) << "the second answer was not asked for";
}

TEST_F(UpkeepTest, AChoreThatNeverComesToAnEndKeepsNoOtherFromItsTurn)
{
    FakeChores chores({"endless", "small", "other"});
    chores.answer("endless", much_to_do());
    Upkeep upkeep(chores, quick_, metrics_);
    OneClock clock(upkeep.kinds(), metrics_);
    clock.start();
    ASSERT_TRUE(done(chores, "small", 5));
    ASSERT_TRUE(done(chores, "other", 5));
    EXPECT_LT(std::ranges::count(chores.steps(), "endless"), 1'000);
}

TEST_F(UpkeepTest, WhatFailsIsCountedAndTriedAgainBeforeItsInterval)
{
    FakeChores chores({"purge"}, 1h);
    chores.answer("purge", {Error(ErrorCode::unavailable, "away"), Error(ErrorCode::conflict, "locked"),
                            ChoreStep{.rows = 3, .more = false}});
    Upkeep upkeep(chores, quick_, metrics_);
    OneClock clock(upkeep.kinds(), metrics_);
    clock.start();
    EXPECT_TRUE(shows("winnow_chore_rows_total{chore=\"purge\"} 3"));
    EXPECT_TRUE(shows("winnow_chore_failures_total{chore=\"purge\"} 2"));
}

TEST_F(UpkeepTest, WhatFailsOfOneTenantIsCountedAndTriedAgainWhenThatTenantIsDue)
{
    FakeChores chores({"purge"}, 1h);
    chores.answer("purge",
                  {ChoreStep{.rows = 3, .more = false, .failed = 2, .set_aside = 1, .left_out = 1, .again_in = 1ms},
                   ChoreStep{.rows = 4, .more = false}});
    Upkeep upkeep(chores, quick_, metrics_);
    OneClock clock(upkeep.kinds(), metrics_);
    clock.start();
    EXPECT_TRUE(shows("winnow_chore_rows_total{chore=\"purge\"} 7")) << "not after an hour";
    EXPECT_TRUE(shows("winnow_chore_failures_total{chore=\"purge\"} 2"));
    EXPECT_TRUE(shows("winnow_chore_set_aside_total{chore=\"purge\"} 1"));
    EXPECT_TRUE(shows("winnow_chore_tenants_left_out{chore=\"purge\"} 0"));
}

TEST_F(UpkeepTest, WhatTheBoardTellsOfIsBegunWhereItIsThereAndNotOtherwise)
{
    FakeChores chores({"gather", "purge"}, 1h);
    chores.put_on_board("gather");
    chores.answer("gather", {ChoreStep{.rows = 7, .more = true}, ChoreStep{.rows = 5, .more = false}});
    Upkeep upkeep(chores, quick_, metrics_);
    auto made = upkeep.kinds();
    Kinds others;
    FullBoard full(made);
    FullBoard empty(others);
    {
        Timekeeper keeper(empty, std::move(made), {.look = 1ms}, metrics_);
        keeper.start();
        ASSERT_TRUE(done(chores, "purge", 1));
    }
    EXPECT_EQ(std::ranges::count(chores.steps(), "gather"), 0);
    Timekeeper keeper(full, upkeep.kinds(), {.look = 1ms}, metrics_);
    keeper.start();
    EXPECT_TRUE(shows("winnow_chore_rows_total{chore=\"gather\"} 12"));
}

TEST_F(UpkeepTest, WhatWaitsForABoardThatTellsNothingOfItIsFound)
{
    FakeChores chores({"gather", "purge"}, 1h);
    chores.put_on_board("gather");
    Upkeep upkeep(chores, quick_, metrics_);
    const auto made = upkeep.kinds();
    EXPECT_EQ(first_never_due(made, std::vector<std::string_view>{"hold"}), "gather");
    EXPECT_EQ(first_never_due(made, std::vector<std::string_view>{"hold", "gather"}), std::nullopt);
}

TEST_F(UpkeepTest, EndsAtOnceHoweverLongItsIntervals)
{
    FakeChores chores({"purge"}, 1h);
    Upkeep upkeep(chores, {}, metrics_);
    OneClock clock(upkeep.kinds(), metrics_);
    clock.start();
    ASSERT_TRUE(done(chores, "purge", 1));  // the destructor joins: a hang here is a failure by the suite's time-out
}

}  // namespace
}  // namespace winnow::pipeline
