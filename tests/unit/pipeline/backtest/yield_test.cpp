/// @file
/// Back-tests stay behind the river, whoever reminds of them.

#include "unit/pipeline/fakes.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/backtest_runner.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

namespace winnow::pipeline {
namespace {

using Clock = std::chrono::steady_clock;

/// One back-test without history.
class OneJob final : public ports::BacktestJobs {
public:
    Result<std::optional<ports::BacktestJob>> claim(const std::string& runner) override
    {
        if (claimed_.exchange(true)) return std::optional<ports::BacktestJob>();
        std::optional<ports::BacktestJob> job(std::in_place);
        job->tenant = tenant_id(1);
        job->runner = runner;
        return job;
    }
    Result<std::uint64_t> count_alerts(const ports::BacktestJob& /*job*/, const std::stop_token& /*stop*/) override
    {
        const std::lock_guard lock(mutex_);
        if (!begun_) begun_ = Clock::now();
        return std::uint64_t{0};
    }
    Result<std::vector<ports::HistoryRow>> history(const ports::BacktestJob& /*job*/,
                                                   const std::optional<domain::RowPosition>& /*after*/,
                                                   std::uint64_t /*max_alerts*/,
                                                   const std::stop_token& /*stop*/) override
    {
        return std::vector<ports::HistoryRow>();
    }
    Result<std::uint64_t> count_quarantined(const ports::BacktestJob& /*job*/) override { return std::uint64_t{0}; }
    Result<bool> begin(const ports::BacktestJob& /*job*/, std::size_t /*draft_rules*/, std::size_t /*live_rules*/,
                       std::uint64_t /*alerts_total*/) override
    {
        return true;
    }
    Result<bool> keep(const ports::BacktestJob& /*job*/) override { return true; }
    Result<bool> report(const ports::BacktestJob& /*job*/, const ports::BacktestProgress& /*progress*/,
                        const std::string& /*result*/) override
    {
        return true;
    }
    Result<bool> end(const ports::BacktestJob& /*job*/, const ports::BacktestEnd& /*end*/,
                     const ports::BacktestProgress& /*progress*/, const std::string& /*result*/) override
    {
        return true;
    }
    Result<bool> release(const ports::BacktestJob& /*job*/) override { return true; }

    std::optional<Clock::time_point> begun()
    {
        const std::lock_guard lock(mutex_);
        return begun_;
    }

private:
    std::atomic<bool> claimed_ = false;
    std::mutex mutex_;
    std::optional<Clock::time_point> begun_;  // guarded by mutex_
};

TEST(BacktestYield, WhileAlertsWaitAReminderIsNoReasonToGoAhead)
{
    OneJob jobs;
    FakeConfigStore configs;
    configs.put(config(tenant_id(1)), false);
    ConfigCache policies(configs, "");
    observe::Metrics metrics;
    BacktestRunner* poked = nullptr;
    std::optional<Clock::time_point> asked;  // the worker's, until the runner is gone
    BacktestOptions options;
    options.node = "node";
    options.busy = [&] {
        if (!asked) asked = Clock::now();
        poked->poke();
        return true;
    };
    {
        BacktestRunner runner(jobs, policies, options, metrics);
        poked = &runner;
        runner.start();
        ASSERT_TRUE(eventually([&] { return jobs.begun().has_value(); }));
    }
    EXPECT_GE(*jobs.begun() - *asked, 900ms) << "it waits a second, in which the river may come to rest";
}

}  // namespace
}  // namespace winnow::pipeline
