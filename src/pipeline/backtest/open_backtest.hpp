#pragma once

/// @file
/// A back-test that this node has claimed. Private to pipeline.

#include "pipeline/backtest/backtest_run.hpp"
#include "winnow/pipeline/backtest_runner.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/ports/backtest_jobs.hpp"

#include <chrono>
#include <memory>
#include <stop_token>
#include <utility>

namespace winnow::pipeline {

/// The worker's, but for `job`, which never changes, and `stop`, which anybody may ask.
struct OpenBacktest {
    OpenBacktest(ports::BacktestJobs& jobs, ports::BacktestJob claimed, std::shared_ptr<const TenantPolicy> its_policy,
                 const BacktestOptions& options)
        : job(std::move(claimed)), policy(std::move(its_policy)), run(jobs, job, *policy, options, stop.get_token())
    {
    }

    const ports::BacktestJob job;
    const std::shared_ptr<const TenantPolicy> policy;
    std::stop_source stop;
    BacktestRun run;
    bool is_waiting = false;  ///< For its turn.
    int failures = 0;         ///< In a row.
    std::chrono::steady_clock::time_point not_before{};
};

}  // namespace winnow::pipeline
