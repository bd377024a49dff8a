#pragma once

/// @file
/// ports::BacktestJobs on PostgreSQL.

#include "winnow/pg/options.hpp"
#include "winnow/ports/backtest_jobs.hpp"

#include <memory>

namespace winnow::pg {

/// `options` name the pipeline role.
[[nodiscard]] std::unique_ptr<ports::BacktestJobs> make_backtest_jobs(const PgOptions& options);

}  // namespace winnow::pg
