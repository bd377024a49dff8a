#include "winnow/observe/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace winnow::observe {
namespace {

using testing::HasSubstr;

TEST(Metrics, ShowsEachKindInTheTextFormat)
{
    Metrics metrics;
    metrics.counter("winnow_things_total", "Things.", {{"kind", "good"}}).add(2);
    metrics.gauge("winnow_depth", "Depth.").set(7);
    metrics.gauge("winnow_depth", "Depth.").add(-3);
    metrics.histogram("winnow_wait_seconds", "Wait.", {}, {0.1, 1}).observe(0.5);

    const auto text = metrics.exposition();
    EXPECT_THAT(text, HasSubstr("# HELP winnow_things_total Things.\n# TYPE winnow_things_total counter\n"));
    EXPECT_THAT(text, HasSubstr("winnow_things_total{kind=\"good\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("winnow_depth 4\n"));
    EXPECT_THAT(text, HasSubstr("winnow_wait_seconds_bucket{le=\"0.1\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("winnow_wait_seconds_bucket{le=\"1\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("winnow_wait_seconds_count 1\n"));
}

TEST(Metrics, SameNameAndLabelsAreTheSameHandle)
{
    Metrics metrics;
    metrics.counter("winnow_a_total", "A.", {{"x", "1"}}).add();
    metrics.counter("winnow_a_total", "A.", {{"x", "1"}}).add();
    metrics.counter("winnow_a_total", "A.", {{"x", "2"}}).add();
    EXPECT_THAT(metrics.exposition(), HasSubstr("winnow_a_total{x=\"1\"} 2\n"));
    EXPECT_THAT(metrics.exposition(), HasSubstr("winnow_a_total{x=\"2\"} 1\n"));
}

TEST(Metrics, CountsFromManyThreadsWithoutLoss)
{
    Metrics metrics;
    const auto counter = metrics.counter("winnow_a_total", "A.");
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([counter] {
                for (int n = 0; n < 1'000; ++n) counter.add();
            });
        }
    }
    EXPECT_THAT(metrics.exposition(), HasSubstr("winnow_a_total 4000\n"));
}

TEST(Metrics, AnEmptyHandleCountsNothing)
{
    Counter().add();
    Gauge().set(1);
    Histogram().observe(1);
}

}  // namespace
}  // namespace winnow::observe
