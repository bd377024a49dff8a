#pragma once

/// @file
/// One back-test on its way through history. Private to pipeline.

#include "pipeline/history_reader.hpp"
#include "winnow/backtest/comparison.hpp"
#include "winnow/pipeline/backtest_runner.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/ports/backtest_jobs.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace winnow::pipeline {

/// Not thread-safe. After an error the step can be tried again.
class BacktestRun {
public:
    enum class Step : std::uint8_t {
        more,
        finished,  ///< And stored.
        lost,      ///< Somebody has cancelled, deleted or taken it.
    };

    /// Compiles both rule sets. The references must outlive it.
    BacktestRun(ports::BacktestJobs& jobs, const ports::BacktestJob& job, const TenantPolicy& policy,
                const BacktestOptions& options);

    [[nodiscard]] Result<Step> begin();
    /// Reads a page and, now and then, reports; or ends it where nothing is left to read.
    [[nodiscard]] Result<Step> step();
    /// Ends it with what it has come to.
    [[nodiscard]] Result<Step> end(const ports::BacktestEnd& end);

    [[nodiscard]] std::uint64_t alerts_read() const noexcept { return comparison_.report().read; }

private:
    using Clock = std::chrono::steady_clock;

    void read(const ports::HistoryRow& row);
    [[nodiscard]] Result<Step> report();
    [[nodiscard]] ports::BacktestProgress progress() const;
    /// Read or not readable: what counts towards the limit.
    [[nodiscard]] std::uint64_t seen() const noexcept;

    ports::BacktestJobs& jobs_;
    const ports::BacktestJob& job_;
    const BacktestOptions& options_;
    std::size_t draft_rules_ = 0;
    std::size_t live_rules_;
    backtest::Comparison comparison_;
    HistoryReader reader_;
    std::optional<domain::RowPosition> after_;
    std::uint64_t total_ = 0;  ///< In the range; 0 where it could not be counted.
    bool at_end_ = false;
    Clock::time_point began_ = Clock::now();
    Clock::time_point reported_ = began_;
};

}  // namespace winnow::pipeline
