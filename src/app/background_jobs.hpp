#pragma once

/// @file
/// What tenants have asked for and nobody waits for in a request: a node does it behind everything else.

#include "app/config/config.hpp"
#include "winnow/domain/alert_ids.hpp"
#include "winnow/pg/sessions.hpp"
#include "winnow/pipeline/backtest_runner.hpp"
#include "winnow/pipeline/export_runner.hpp"
#include "winnow/pipeline/import_runner.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace winnow::app {

class BackgroundJobs {
public:
    /// What a node gives them. The references outlive this.
    struct Parts {
        const Config& config;
        std::string node;              ///< Names who does them.
        const pg::Sessions& pipeline;  ///< Of the role winnow_pipeline.
        pipeline::ConfigCache& policies;
        const domain::AlertIds& ids;
        std::function<bool()> busy;      ///< Alerts wait to be triaged.
        std::chrono::milliseconds look;  ///< How often each looks for work that nobody told it of.
        observe::Metrics& metrics;
    };

    explicit BackgroundJobs(Parts parts);

    void start();

    [[nodiscard]] pipeline::BacktestRunner& backtests() noexcept { return backtests_; }
    [[nodiscard]] pipeline::ExportRunner& exports() noexcept { return exports_; }
    [[nodiscard]] pipeline::ImportRunner& imports() noexcept { return imports_; }

private:
    std::unique_ptr<ports::BacktestJobs> backtest_jobs_;
    std::unique_ptr<ports::ExportJobs> export_jobs_;
    std::unique_ptr<ports::ImportJobs> import_jobs_;
    pipeline::BacktestRunner backtests_;
    pipeline::ExportRunner exports_;
    pipeline::ImportRunner imports_;
};

}  // namespace winnow::app
