/// @file
/// What is done about a turn that does not end.

#include "pipeline/watch/turn_watch.hpp"

#include "unit/pipeline/fakes.hpp"
#include "winnow/observe/processor_time.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace winnow::pipeline {
namespace {

struct Watched {
    observe::Metrics metrics;
    observe::Counter counter = metrics.counter("winnow_test_total", "long turns");
    std::atomic<int> hung = 0;
    TurnWatch watch{{.long_turn = 10ms,
                     .hung_turn = 40ms,
                     .hung =
                         [this] {
                             ++hung;
                         }},
                    counter};

    [[nodiscard]] bool counted(int turns) const
    {
        return metrics.exposition().contains("winnow_test_total " + std::to_string(turns) + "\n");
    }
};

/// Does `work` again and again until `condition` holds; false after the deadline. It spends processor time, and sleeps
/// through none of it.
template <typename Work, typename Condition>
bool spends_until(Work work, Condition condition)
{
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        for (int i = 0; i < 100'000; ++i) work();
    }
    return true;
}

TEST(TurnWatch, ATurnThatGoesOnSpendingIsCountedOnceAndThenTakenForHung)
{
    Watched watched;
    TurnWatch::Seat seat(watched.watch);
    seat.begin(tenant_id(1));
    std::atomic<int> spent = 0;
    EXPECT_TRUE(spends_until([&] { ++spent; }, [&] { return watched.hung == 1; }));
    EXPECT_TRUE(watched.counted(1));
    for (std::atomic<int> i = 0; i < 10'000'000;) ++i;  // goes on: it has been said
    seat.end();
    EXPECT_EQ(watched.hung, 1);
}

TEST(TurnWatch, ATurnThatGetsOnHangsNowhereHoweverLongItIs)
{
    Watched watched;
    TurnWatch::Seat seat(watched.watch);
    seat.begin(tenant_id(1));
    std::atomic<bool> seen = false;
    std::jthread hanging([&] {  // proves that the watch looks, and for longer than this turn may hang
        TurnWatch::Seat its(watched.watch);
        its.begin(tenant_id(2));
        while (watched.hung == 0) {
            for (std::atomic<int> i = 0; i < 100'000;) ++i;
        }
        its.end();
        seen = true;
    });
    const auto begun = observe::processor_time();
    EXPECT_TRUE(spends_until([&] { seat.get_on(); },
                             [&] { return seen && observe::processor_time() - begun > 200ms && watched.counted(2); }))
        << "both are long";
    seat.end();
    EXPECT_EQ(watched.hung, 1) << "the other one";
}

TEST(TurnWatch, WaitingIsNotSpending)
{
    Watched watched;
    TurnWatch::Seat seat(watched.watch);
    seat.begin(tenant_id(1));
    std::jthread spender([&] {  // proves that the watch looks
        TurnWatch::Seat its(watched.watch);
        its.begin(tenant_id(2));
        while (watched.hung == 0) {
            for (std::atomic<int> i = 0; i < 100'000;) ++i;
        }
        its.end();
    });
    spender.join();
    seat.end();
    EXPECT_EQ(watched.hung, 1);
    EXPECT_TRUE(watched.counted(1));
}

TEST(TurnWatch, ATurnIsOverAndTheNextOneBeginsAnew)
{
    Watched watched;
    TurnWatch::Seat seat(watched.watch);
    const auto begun = observe::processor_time();
    std::jthread other([&] {  // proves that the watch looks
        TurnWatch::Seat its(watched.watch);
        its.begin(tenant_id(2));
        while (watched.hung == 0) {
            for (std::atomic<int> i = 0; i < 100'000;) ++i;
        }
        its.end();
    });
    // Together more than a turn may take, and until the watch has certainly looked.
    while (observe::processor_time() - begun < 200ms || watched.hung == 0) {
        seat.begin(tenant_id(1));
        for (const auto turn = observe::processor_time(); observe::processor_time() - turn < 1ms;) {
        }
        seat.end();
    }
    other.join();
    EXPECT_EQ(watched.hung, 1) << "the other's";
}

}  // namespace
}  // namespace winnow::pipeline
