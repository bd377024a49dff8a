#pragma once

/// @file
/// Journal rows for back-tests, as fast as PostgreSQL gives them: binary, prepared. Private to pg.

#include "pg/session/libpq_session.hpp"
#include "winnow/base/result.hpp"
#include "winnow/pg/options.hpp"
#include "winnow/ports/backtest_jobs.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

namespace winnow::pg {

/// Of a tenant's rows, for `(received_at, stream, seq) not in`: what must not be judged again. Nearly always none.
#define WINNOW_SET_ASIDE "(select received_at, stream, seq from quarantined_rows where tenant_id = $1::uuid)"

/// One session, opened when it is first needed. Thread-safe; one call at a time.
class HistorySession {
public:
    explicit HistorySession(PgOptions options) : options_(std::move(options)) {}

    /// ports::BacktestJobs::history().
    [[nodiscard]] Result<std::vector<ports::HistoryRow>> read(const ports::BacktestJob& job,
                                                              const std::optional<domain::RowPosition>& after,
                                                              std::uint64_t max_alerts, const std::stop_token& stop);

private:
    [[nodiscard]] std::vector<ports::HistoryRow> fetch(const ports::BacktestJob& job, const domain::RowPosition& after,
                                                       std::uint64_t max_alerts);

    const PgOptions options_;
    std::mutex mutex_;
    std::optional<LibpqSession> session_;
    /// How many keys are looked at for a page: twice what the last one took. Rows of many alerts fill a page by few.
    std::size_t keys_ = 0;
};

}  // namespace winnow::pg
