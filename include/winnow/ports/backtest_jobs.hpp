#pragma once

/// @file
/// Back-tests that wait for somebody to run them, of every tenant, and the history that they read.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/backtest.hpp"
#include "winnow/domain/position.hpp"
#include "winnow/ports/backtest_store.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace winnow::ports {

/// A back-test in the hands of a runner.
struct BacktestJob {
    TenantId tenant;
    BacktestId id;
    std::string runner;
    std::int32_t attempt = 0;  ///< With `runner` it tells this run from every other one.
    Timestamp from;
    Timestamp until;
    std::uint64_t max_alerts = 0;
    domain::RuleDraft draft;
};

/// What becomes of a job when its runner is done with it.
struct BacktestEnd {
    BacktestState state = BacktestState::done;
    std::string error;  ///< For the tenant's eyes; of failed ones.
};

/// A journal row on its way into a back-test.
struct HistoryRow {
    domain::RowPosition position;
    std::string payload;  ///< journal::encode_rows.
};

/// A runner that says nothing for so long is gone, and another one begins its back-test anew…
inline constexpr std::chrono::seconds kBacktestSilence{10};
/// …so often in all. Then it has failed: whatever ends its runners might be the back-test itself.
inline constexpr std::int32_t kBacktestAttempts = 3;

/// Thread-safe. Blocks on the database.
class BacktestJobs {
public:
    BacktestJobs() = default;
    BacktestJobs(const BacktestJobs&) = delete;
    BacktestJobs& operator=(const BacktestJobs&) = delete;
    virtual ~BacktestJobs() = default;

    /// The one that has waited longest, of a tenant of which none is running; nullopt where there is nothing to do.
    /// It is the runner's until it is ended or released, or silent for kBacktestSilence.
    [[nodiscard]] virtual Result<std::optional<BacktestJob>> claim(const std::string& runner) = 0;

    // These two look at much, and end with an error as soon as `stop` is asked for. Rows that were set aside because
    // judging them ended processes are in neither: they would end whoever judges them by a draft, too.

    /// How many alerts the job's time holds.
    [[nodiscard]] virtual Result<std::uint64_t> count_alerts(const BacktestJob& job, const std::stop_token& stop) = 0;

    /// The rows behind `after`, oldest first: at least one where there is one, and no further one once they hold
    /// `max_alerts` alerts or kHistoryBytes of payload.
    [[nodiscard]] virtual Result<std::vector<HistoryRow>> history(const BacktestJob& job,
                                                                  const std::optional<domain::RowPosition>& after,
                                                                  std::uint64_t max_alerts,
                                                                  const std::stop_token& stop) = 0;

    /// How many rows of the job's time were set aside.
    [[nodiscard]] virtual Result<std::uint64_t> count_quarantined(const BacktestJob& job) = 0;

    // Each answers false where the job is no longer its runner's: cancelled, deleted, or given to another one.

    [[nodiscard]] virtual Result<bool> begin(const BacktestJob& job, std::size_t draft_rules, std::size_t live_rules,
                                             std::uint64_t alerts_total) = 0;
    /// Its runner is alive. Cheap: to be asked several times a second.
    [[nodiscard]] virtual Result<bool> keep(const BacktestJob& job) = 0;
    /// An empty `result` leaves the last one.
    [[nodiscard]] virtual Result<bool> report(const BacktestJob& job, const BacktestProgress& progress,
                                              const std::string& result) = 0;
    [[nodiscard]] virtual Result<bool> end(const BacktestJob& job, const BacktestEnd& end,
                                           const BacktestProgress& progress, const std::string& result) = 0;
    /// Back into the queue, as if it had not been claimed.
    [[nodiscard]] virtual Result<bool> release(const BacktestJob& job) = 0;
};

inline constexpr std::size_t kHistoryBytes = 4U << 20U;

}  // namespace winnow::ports
