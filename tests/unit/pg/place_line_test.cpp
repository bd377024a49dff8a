#include "pg/session/place_line.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <future>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace winnow::pg {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr auto kLong = 60s;  // nobody waits so long in a test that passes

/// Two places for triage, one each for timers and chores, and two in common, of which chores may have one.
SessionPlaces places()
{
    SessionPlaces places;
    places.common = 2;
    places.of(Errand::triage).own = 2;
    places.of(Errand::control).of_common = 2;
    places.of(Errand::timers) = {.own = 1, .of_common = 2, .name = ""};
    places.of(Errand::chores) = {.own = 1, .of_common = 1, .name = ""};
    return places;
}

class PlaceLineTest : public testing::Test {
protected:
    [[nodiscard]] bool has(Errand errand) { return line_.take(errand, 0ms); }

    /// Waits for a place on a thread of its own; when it has one, `name` stands in `came`. Returns when it waits.
    void wait_for(Errand errand, const std::string& name)
    {
        const auto before = line_.waiting();
        waiters_.emplace_back([this, errand, name] {
            if (!line_.take(errand, kLong)) return;
            const std::lock_guard lock(mutex_);
            came_.push_back(name);
            arrived_.notify_all();
        });
        while (line_.waiting() == before) std::this_thread::yield();  // polls for the condition
    }

    /// Who has come, once they are `count`.
    [[nodiscard]] std::vector<std::string> came(std::size_t count)
    {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(arrived_.wait_for(lock, kLong, [&] { return came_.size() >= count; }));
        return came_;
    }

    PlaceLine line_{places()};
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<std::string> came_;
    std::deque<std::jthread> waiters_;  // last: they end first
};

TEST_F(PlaceLineTest, CountsAllPlaces)
{
    EXPECT_EQ(places().most(), 6U);
}

TEST_F(PlaceLineTest, GivesNoMoreThanThereAre)
{
    EXPECT_TRUE(has(Errand::triage));
    EXPECT_TRUE(has(Errand::triage));
    EXPECT_FALSE(has(Errand::triage)) << "it may have none of the common ones";
    EXPECT_TRUE(has(Errand::control));
    EXPECT_TRUE(has(Errand::control));
    EXPECT_FALSE(has(Errand::control)) << "it has all of the common ones";
    EXPECT_FALSE(has(Errand::delivery)) << "it may have none at all";
    line_.give_back(Errand::control);
    EXPECT_TRUE(has(Errand::control));
}

TEST_F(PlaceLineTest, ChoresLeaveTheOthersAPlaceInCommon)
{
    EXPECT_TRUE(has(Errand::chores));
    EXPECT_TRUE(has(Errand::chores));
    EXPECT_FALSE(has(Errand::chores)) << "its own, and one in common";
    EXPECT_TRUE(has(Errand::control));
    EXPECT_FALSE(has(Errand::control));
    EXPECT_TRUE(has(Errand::timers)) << "its own";
    EXPECT_TRUE(has(Errand::triage));
    EXPECT_TRUE(has(Errand::triage));
}

TEST_F(PlaceLineTest, ALoneOwnPlaceCountsBeforeTheCommonOnes)
{
    EXPECT_TRUE(has(Errand::timers));
    EXPECT_TRUE(has(Errand::timers));
    EXPECT_TRUE(has(Errand::timers));
    EXPECT_FALSE(has(Errand::timers));
    line_.give_back(Errand::timers);
    EXPECT_TRUE(has(Errand::control)) << "what came back is one of the common ones";
}

TEST_F(PlaceLineTest, WhoWaitsComesInTheOrderOfErrandsAndThenOfComing)
{
    ASSERT_TRUE(has(Errand::chores));
    ASSERT_TRUE(has(Errand::timers));
    ASSERT_TRUE(has(Errand::control));
    ASSERT_TRUE(has(Errand::control));
    wait_for(Errand::chores, "chore");
    wait_for(Errand::timers, "first timer");
    wait_for(Errand::timers, "second timer");
    wait_for(Errand::control, "control");
    line_.give_back(Errand::control);
    EXPECT_THAT(came(1), ElementsAre("control"));
    line_.give_back(Errand::control);
    EXPECT_THAT(came(2), ElementsAre("control", "first timer"));
    line_.give_back(Errand::control);
    EXPECT_THAT(came(3), ElementsAre("control", "first timer", "second timer"));
    line_.give_back(Errand::timers);
    EXPECT_THAT(came(4), ElementsAre("control", "first timer", "second timer", "chore"));
    EXPECT_EQ(line_.waiting(), 0U);
}

TEST_F(PlaceLineTest, APlaceGoesPastThoseWhoMayNotHaveIt)
{
    ASSERT_TRUE(has(Errand::chores));
    ASSERT_TRUE(has(Errand::control));
    ASSERT_TRUE(has(Errand::control));
    wait_for(Errand::control, "control");
    wait_for(Errand::chores, "chore");
    line_.give_back(Errand::chores);  // chores' own
    EXPECT_THAT(came(1), ElementsAre("chore"));
    line_.give_back(Errand::control);
    EXPECT_THAT(came(2), ElementsAre("chore", "control"));
}

TEST_F(PlaceLineTest, WhoWaitedTooLongLeavesTheLine)
{
    ASSERT_TRUE(has(Errand::control));
    ASSERT_TRUE(has(Errand::control));
    EXPECT_FALSE(line_.take(Errand::control, 1ms));
    EXPECT_EQ(line_.waiting(), 0U);
    wait_for(Errand::control, "next");
    line_.give_back(Errand::control);
    EXPECT_THAT(came(1), ElementsAre("next"));
}

TEST_F(PlaceLineTest, WhoIsToldToStopWaitsNoLonger)
{
    ASSERT_TRUE(has(Errand::control));
    ASSERT_TRUE(has(Errand::control));
    std::stop_source stop;
    std::promise<bool> taken;
    const std::jthread waiter([&] { taken.set_value(line_.take(Errand::control, kLong, stop.get_token())); });
    while (line_.waiting() == 0) std::this_thread::yield();  // polls for the condition
    stop.request_stop();
    EXPECT_FALSE(taken.get_future().get());
    EXPECT_EQ(line_.waiting(), 0U);
}

}  // namespace
}  // namespace winnow::pg
