#pragma once

/// @file
/// Runs the back-tests that wait, one after the other, beside the river and behind it.

#include "winnow/pipeline/config_cache.hpp"
#include "winnow/ports/backtest_jobs.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace winnow::observe {
class Metrics;
}

namespace winnow::pipeline {

struct BacktestOptions {
    std::string node;                       ///< Names the runner; different for every process.
    std::function<bool()> busy;             ///< Alerts wait to be triaged: history can wait longer. May be empty.
    std::uint64_t page = 16'000;            ///< Alerts read at a time.
    std::chrono::milliseconds look{500};    ///< How often it looks for work.
    std::chrono::milliseconds report{500};  ///< How often it says how far it has come.
};

/// One thread of low priority. Its memory is that of one page and one Comparison, however long the history. Stopped in
/// the middle of a back-test it puts it back into the queue. All references must outlive it.
class BacktestRunner {
public:
    BacktestRunner(ports::BacktestJobs& jobs, ConfigCache& policies, BacktestOptions options,
                   observe::Metrics& metrics);
    ~BacktestRunner();
    BacktestRunner(const BacktestRunner&) = delete;
    BacktestRunner& operator=(const BacktestRunner&) = delete;

    void start();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::pipeline
