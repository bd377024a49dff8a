#include "api/calls/worker_threads.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>
#include <vector>

namespace winnow::api {
namespace {

using Job = WorkerThreads::Job;

TEST(OneAtATimeTest, LeavesTheOtherThreadsToOthers)
{
    std::promise<void> go_on;
    const auto goes_on = go_on.get_future().share();
    std::promise<void> was_run;
    std::vector<int> order;
    {
        OneAtATime slow(3);
        WorkerThreads workers(2, 8, "test");
        for (int i = 0; i < 3; ++i) {
            Job job = [&order, goes_on, i] {
                goes_on.wait();
                order.push_back(i);  // one at a time: nobody else writes
            };
            ASSERT_TRUE(slow.submit(workers, job)) << i;
        }
        Job one_more = [] {
        };
        EXPECT_FALSE(slow.submit(workers, one_more));
        EXPECT_TRUE(one_more) << "it is the caller's still";
        Job other = [&was_run] {
            was_run.set_value();
        };
        ASSERT_TRUE(workers.submit(other));
        was_run.get_future().wait();  // while the first of the slow ones has a thread
        go_on.set_value();
    }
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2})) << "what was taken is run, also when all ends";
}

TEST(OneAtATimeTest, TakesAnotherWhenItIsIdleAgain)
{
    OneAtATime slow(1);
    WorkerThreads workers(2, 8, "test");
    for (int i = 0; i < 20; ++i) {
        std::promise<void> was_run;
        Job job = [&was_run] {
            was_run.set_value();
        };
        while (!slow.submit(workers, job)) std::this_thread::yield();  // the one before is just leaving
        was_run.get_future().wait();
    }
}

}  // namespace
}  // namespace winnow::api
