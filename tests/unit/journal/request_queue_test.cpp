#include "journal/request_queue.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace winnow::journal {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using Push = RequestQueue::Push;

class RequestQueueTest : public testing::Test {
protected:
    std::unique_ptr<Pending> request(const std::string& title, const std::string& key = "", std::size_t alerts = 1)
    {
        auto made = std::make_unique<Pending>();
        made->submission.alerts.resize(alerts);
        made->submission.alerts.front().title = title;
        made->bytes = 10 * alerts;
        made->since = now_ += 1ms;
        if (!key.empty()) made->submission.once.emplace().key = key;
        return made;
    }
    Push push(const std::string& title, const std::string& key = "", std::size_t alerts = 1)
    {
        auto made = request(title, key, alerts);
        return queue_.push(made);
    }
    static std::vector<std::string> titles(const std::vector<std::unique_ptr<Pending>>& requests)
    {
        std::vector<std::string> all;
        for (const auto& each : requests) all.push_back(each->submission.alerts.front().title);
        return all;
    }

    RequestQueue queue_{10, 80};
    RequestQueue::TimePoint now_{};
};

TEST_F(RequestQueueTest, TakesWhatWaitsInTheOrderOfArrivalUpToALimit)
{
    for (const auto* title : {"a", "b", "c"}) EXPECT_EQ(push(title), Push::taken);
    EXPECT_THAT(titles(queue_.take(2)), ElementsAre("a", "b"));
    EXPECT_THAT(titles(queue_.take(2)), ElementsAre("c"));
    EXPECT_EQ(queue_.alerts(), 0U);
}

TEST_F(RequestQueueTest, IsFullByAlertsAndByBytesAndSaysWhyItTakesNothing)
{
    EXPECT_EQ(push("fits", "", 4), Push::taken);
    EXPECT_EQ(push("alerts", "", 7), Push::full);
    EXPECT_EQ(push("bytes", "", 5), Push::full);
    EXPECT_EQ(push("to the brim", "", 4), Push::taken);
    EXPECT_EQ(push("no more"), Push::full);
    queue_.close();
    EXPECT_EQ(push("late"), Push::closed);
    EXPECT_THAT(titles(queue_.take(100)), ElementsAre("fits", "to the brim")) << "what was taken is still given out";
    EXPECT_THAT(queue_.take(100), IsEmpty());
}

TEST_F(RequestQueueTest, AKeyThatIsInATransactionTwiceWaitsForTheNext)
{
    for (const auto& [title, key] : {std::pair{"a", "k"}, {"b", ""}, {"again", "k"}, {"c", "other"}}) push(title, key);
    EXPECT_THAT(titles(queue_.take(100)), ElementsAre("a", "b", "c"));
    EXPECT_THAT(titles(queue_.take(100)), ElementsAre("again"));
}

TEST_F(RequestQueueTest, WhatIsPutBackStandsWhereItStoodWhateverCameBackBefore)
{
    for (const auto* title : {"a", "b", "c", "d"}) push(title);
    auto first = queue_.take(2);
    auto second = queue_.take(1);
    queue_.put_back(std::move(first));
    queue_.put_back(std::move(second));
    EXPECT_EQ(queue_.alerts(), 4U);
    EXPECT_THAT(titles(queue_.take(100)), ElementsAre("a", "b", "c", "d"));
}

TEST_F(RequestQueueTest, GivesUpWhatIsOlderThanALimit)
{
    for (const auto* title : {"a", "b", "c"}) push(title);
    EXPECT_THAT(titles(queue_.take_older(RequestQueue::TimePoint{} + 2ms)), ElementsAre("a", "b"));
    EXPECT_EQ(queue_.alerts(), 1U);
}

TEST_F(RequestQueueTest, ClosingWakesWhoeverWaits)
{
    std::jthread taker([this] { EXPECT_THAT(queue_.take(1), IsEmpty()); });
    std::jthread pauser([this] { EXPECT_FALSE(queue_.pause(1h)); });
    queue_.close();
}

}  // namespace
}  // namespace winnow::journal
