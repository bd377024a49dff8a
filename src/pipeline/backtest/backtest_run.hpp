#pragma once

/// @file
/// One back-test on its way through history. Private to pipeline.

#include "pipeline/backtest/history_reader.hpp"
#include "winnow/backtest/comparison.hpp"
#include "winnow/domain/alert_ids.hpp"
#include "winnow/pipeline/backtest_runner.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/ports/backtest_jobs.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

namespace winnow::pipeline {

/// Goes on in slices, each of which ends in good time: by what it took, by asking it to stop, or, while alerts wait to
/// be triaged, at the end of a page. Not thread-safe.
class BacktestRun {
public:
    enum class Step : std::uint8_t {
        more,
        finished,  ///< And stored.
        lost,      ///< Somebody has cancelled, deleted or taken it.
        stopped,   ///< It was asked to; it cannot go on.
    };

    /// The policy and whatever the references name must outlive it.
    BacktestRun(ports::BacktestJobs& jobs, const ports::BacktestJob& job, const TenantPolicy& policy,
                const BacktestOptions& options, std::stop_token stop);

    /// Compiles both rule sets first, then reads history, and now and then reports. After an error it can be tried
    /// again.
    [[nodiscard]] Result<Step> slice();

    /// What slices have taken so far: of a processor, and of waiting for the database.
    [[nodiscard]] std::chrono::nanoseconds spent() const;
    [[nodiscard]] std::uint64_t alerts_read() const noexcept;

private:
    using Clock = std::chrono::steady_clock;

    [[nodiscard]] Result<Step> begin();
    /// Where there is nothing left to read, ends it.
    [[nodiscard]] Result<Step> fetch();
    /// False at the end of the row.
    [[nodiscard]] bool read_alert();
    [[nodiscard]] Result<Step> report_if_due();
    [[nodiscard]] Result<Step> end();
    template <typename Call>
    auto waiting_for(Call call);
    [[nodiscard]] ports::BacktestProgress progress() const;
    /// Read or not readable: what counts towards the limit.
    [[nodiscard]] std::uint64_t seen() const noexcept;
    [[nodiscard]] std::uint64_t left() const noexcept;
    [[nodiscard]] bool is_river_busy() const { return options_.busy && options_.busy(); }

    ports::BacktestJobs& jobs_;
    const ports::BacktestJob& job_;
    const TenantPolicy& policy_;
    const BacktestOptions& options_;
    const std::stop_token stop_;
    std::size_t draft_rules_ = 0;
    std::optional<backtest::Comparison> comparison_;  ///< Ready, from the first slice on.
    bool begun_ = false;
    HistoryReader reader_;
    std::vector<ports::HistoryRow> page_;
    std::size_t next_row_ = 0;  ///< Of the page.
    bool in_row_ = false;
    std::optional<domain::RowIds> names_;  ///< Of the row's alerts.
    std::optional<domain::RowPosition> after_;
    std::uint64_t total_ = 0;  ///< In the range; 0 where it could not be counted.
    bool at_end_ = false;
    std::chrono::nanoseconds waited_{0};
    Clock::time_point began_ = Clock::now();
    Clock::time_point reported_ = began_;
};

}  // namespace winnow::pipeline
