#pragma once

/// @file
/// A tenant's back-tests, inside one of its transactions. Running them: winnow/ports/backtest_jobs.hpp.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/backtest.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {

using domain::BacktestState;

struct BacktestProgress {
    std::uint64_t alerts_read = 0;
    std::uint64_t alerts_total = 0;  ///< What is to be read; 0 before the run has begun.
    std::uint64_t rate = 0;          ///< Alerts a second, over the whole run.
};

struct Backtest {
    BacktestId id;
    BacktestState state = BacktestState::queued;
    Timestamp from;
    Timestamp until;  ///< Not included.
    std::uint64_t max_alerts = 0;
    std::size_t draft_rules = 0;  ///< Both are counted anew when the run begins.
    std::size_t live_rules = 0;
    Timestamp created_at;
    std::string created_by;
    std::optional<Timestamp> started_at;
    std::optional<Timestamp> finished_at;
    std::string error;  ///< Why it failed.
    BacktestProgress progress;
    std::string result;         ///< JSON (backtest::to_json); "" before there is one, and in lists.
    std::int64_t revision = 1;  ///< Grows with every change.
};

/// Not thread-safe: lives and dies with its transaction.
class BacktestStore {
public:
    BacktestStore() = default;
    BacktestStore(const BacktestStore&) = delete;
    BacktestStore& operator=(const BacktestStore&) = delete;
    virtual ~BacktestStore() = default;

    /// A queued one, that the next runner with time for it takes.
    [[nodiscard]] virtual Result<Done> insert(const Backtest& backtest, const domain::RuleDraft& draft) = 0;

    /// Newest first, those made before `before`, without results.
    [[nodiscard]] virtual Result<std::vector<Backtest>> page(std::optional<BacktestId> before, std::size_t limit) = 0;

    /// `not_found` where the tenant has no such back-test.
    [[nodiscard]] virtual Result<Backtest> find(BacktestId id) = 0;

    /// Queued and running ones.
    [[nodiscard]] virtual Result<std::size_t> count_unfinished() = 0;

    /// Makes an unfinished one `cancelled`: it keeps what it came to. A finished one goes. `not_found`.
    [[nodiscard]] virtual Result<Done> cancel_or_remove(BacktestId id) = 0;
};

}  // namespace winnow::ports
