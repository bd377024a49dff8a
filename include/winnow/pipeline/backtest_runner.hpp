#pragma once

/// @file
/// Runs the back-tests that wait, of a few tenants in turn, beside the river and behind it.

#include "winnow/pipeline/config_cache.hpp"
#include "winnow/ports/backtest_jobs.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace winnow::observe {
class Metrics;
}

namespace winnow::pipeline {

inline constexpr std::size_t kOpenBacktests = 4;                 ///< On a node, each of another tenant.
inline constexpr std::chrono::milliseconds kBacktestSlice{250};  ///< Of a tenant's turn.

struct BacktestOptions {
    std::string node;                       ///< Names the runner; different for every process.
    std::function<bool()> busy;             ///< Alerts wait to be triaged: history can wait longer. May be empty.
    std::uint64_t page = 16'000;            ///< Alerts read at a time.
    std::chrono::milliseconds look{500};    ///< How often it looks for work.
    std::chrono::milliseconds report{500};  ///< How often a back-test says how far it has come.
    std::chrono::milliseconds watch{250};   ///< How often it asks whether those that are open are still wanted.
};

/// One thread of low priority works, another one asks whether that is still wanted. Up to kOpenBacktests are open, and
/// take turns by what they cost of a processor, and of waiting for the database. Memory is that of one page and one
/// Comparison for each, however long the history. A cancelled one makes room at once, in the middle of a page or of a
/// statement; so does the end, which puts the others back into the queue. All references must outlive it.
class BacktestRunner {
public:
    BacktestRunner(ports::BacktestJobs& jobs, ConfigCache& policies, BacktestOptions options,
                   observe::Metrics& metrics);
    ~BacktestRunner();
    BacktestRunner(const BacktestRunner&) = delete;
    BacktestRunner& operator=(const BacktestRunner&) = delete;

    void start();

    /// There may be something to do: look now. Thread-safe, and quick.
    void poke() noexcept;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::pipeline
