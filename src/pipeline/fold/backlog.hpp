#pragma once

/// @file
/// What was submitted and is not applied yet. Private to pipeline.

#include "winnow/domain/position.hpp"
#include "winnow/fair/share.hpp"
#include "winnow/journal/writer.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/observe/progress.hpp"
#include "winnow/observe/queue_metrics.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

namespace winnow::pipeline {

/// A row on its way, with its turn in the order of submission.
struct PendingRow {
    journal::CommittedRow row;
    std::uint64_t turn = 0;
    std::chrono::steady_clock::time_point since;
};

/// What the ledger must know of a row when it is done.
struct RowMark {
    TenantId tenant;
    domain::RowPosition position;
    std::uint64_t turn = 0;
    std::size_t bytes = 0;
    std::size_t alerts = 0;
};
[[nodiscard]] RowMark mark_of(const PendingRow& pending);

/// Thread-safe.
class Backlog {
public:
    Backlog(observe::Gauge alerts, observe::QueueMetrics queue,
            std::chrono::milliseconds standstill = observe::kStandstill)
        : alerts_gauge_(alerts), queue_(queue), progress_(standstill)
    {
    }

    /// Gives each row its turn.
    [[nodiscard]] std::vector<PendingRow> add(std::vector<journal::CommittedRow> rows);
    void done(const std::vector<RowMark>& rows);

    [[nodiscard]] std::size_t bytes() const;
    [[nodiscard]] fair::Held held(TenantId tenant) const;  ///< In bytes.
    [[nodiscard]] std::size_t bytes(domain::StreamId stream) const;
    [[nodiscard]] std::size_t bytes(domain::StreamId stream, TenantId tenant) const;
    /// One below the lowest pending seq of the stream; `written` where nothing is pending.
    [[nodiscard]] std::uint64_t applied_through(domain::StreamId stream, std::uint64_t written) const;
    /// False where nothing was done for a while and rows of more than one tenant wait: it is not a tenant's own
    /// trouble.
    [[nodiscard]] bool goes_on() const { return !progress_.stands_still(std::chrono::steady_clock::now()); }
    /// Waits until nothing of the stream is left. False after `deadline`.
    bool wait(domain::StreamId stream, std::chrono::milliseconds deadline);
    /// Waits until all that was added before the call is done. False after `deadline`.
    bool wait(std::chrono::milliseconds deadline);

private:
    using Clock = std::chrono::steady_clock;

    struct Stream {
        std::map<std::uint64_t, std::size_t> rows;  ///< By seq: several tenants' may share one.
        std::size_t bytes = 0;
        std::unordered_map<TenantId, std::size_t> tenants;  ///< Their bytes.
    };

    void watch() { progress_.waits(waiting_.size() > 1, Clock::now()); }

    const observe::Gauge alerts_gauge_;
    const observe::QueueMetrics queue_;
    mutable std::mutex mutex_;  // guards everything below
    std::condition_variable changed_;
    std::uint64_t turns_ = 0;
    std::size_t bytes_ = 0;
    std::size_t alerts_ = 0;
    std::set<std::uint64_t> pending_;
    std::unordered_map<TenantId, std::size_t> waiting_;  ///< Rows of each tenant.
    observe::Progress progress_;
    std::unordered_map<domain::StreamId, Stream> streams_;
    std::unordered_map<TenantId, std::size_t> tenants_;  ///< Their bytes of all streams; none is 0.
};

}  // namespace winnow::pipeline
