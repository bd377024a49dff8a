#include "triage_fixture.hpp"
#include "unit/pipeline/fake_chores.hpp"
#include "unit/pipeline/time/one_clock.hpp"
#include "winnow/pipeline/chore_kinds.hpp"

namespace winnow::pipeline {
namespace {

TEST_F(TriageServiceTest, StandsStillWhereNothingOfTwoTenantsIsAppliedUntilItIs)
{
    make({.standstill = 20ms});
    hold(true);
    submit({row(one_, 3, 1, {"a"}), row(two_, 3, 2, {"a"})});
    EXPECT_TRUE(eventually([&] { return !service_->goes_on(); }));
    hold(false);
    ASSERT_TRUE(flushed());
    EXPECT_TRUE(service_->goes_on());
}

TEST_F(TriageServiceTest, OneTenantsRowsThatAreNotAppliedAreNoStandstill)
{
    make({.standstill = 0ms});
    hold(true);
    submit({row(one_, 3, 1, {"a"}), row(one_, 4, 1, {"a"}), row(one_, 3, 2, {"a"})});
    EXPECT_TRUE(service_->goes_on());
    submit({row(two_, 3, 3, {"a"})});
    EXPECT_TRUE(eventually([&] { return !service_->goes_on(); })) << "from now on it is";
    hold(false);
    ASSERT_TRUE(flushed());
    EXPECT_TRUE(service_->goes_on());
}

TEST(UpkeepStandstill, AStepThatDoesNotEndIsOne)
{
    observe::Metrics metrics;
    FakeChores chores({"purge"}, 1h);
    chores.hold(true);
    Upkeep upkeep(chores, {.standstill = 20ms}, metrics);
    EXPECT_TRUE(upkeep.goes_on()) << "not started";
    OneClock clock(upkeep.kinds(), metrics);
    clock.start();
    EXPECT_TRUE(eventually([&] { return !upkeep.goes_on(); }));
    chores.hold(false);
    EXPECT_TRUE(eventually([&] { return upkeep.goes_on(); }));
}

TEST(UpkeepStandstill, AChoreThatFailsIsNone)
{
    observe::Metrics metrics;
    FakeChores chores({"purge"}, 1h);
    chores.answer("purge", std::deque<Result<ports::ChoreStep>>(5, Error(ErrorCode::unavailable, "away")));
    Upkeep upkeep(chores, {.after_failure = 1ms, .standstill = 1h}, metrics);
    OneClock clock(upkeep.kinds(), metrics);
    clock.start();
    EXPECT_TRUE(eventually([&] { return chores.begun() == 6; }));
    EXPECT_TRUE(upkeep.goes_on());
}

}  // namespace
}  // namespace winnow::pipeline
