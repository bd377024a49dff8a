#pragma once

/// @file
/// ports::BacktestJobs on PostgreSQL.

#include "winnow/pg/sessions.hpp"
#include "winnow/ports/backtest_jobs.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_pipeline. History is read on a session of its own.
[[nodiscard]] std::unique_ptr<ports::BacktestJobs> make_backtest_jobs(const Sessions& sessions);

}  // namespace winnow::pg
