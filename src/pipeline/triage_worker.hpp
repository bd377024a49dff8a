#pragma once

/// @file
/// One thread that folds its share of the tenants, each in order, all in turns. Private to pipeline.

#include "pipeline/backlog.hpp"
#include "pipeline/fold_batch.hpp"
#include "pipeline/fold_pace.hpp"
#include "pipeline/fold_patience.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/pipeline/triage_service.hpp"
#include "winnow/ports/triage_store.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace winnow::pipeline {

struct TriageMetrics {
    explicit TriageMetrics(observe::Metrics& metrics);

    observe::Counter alerts;
    observe::Counter folds;
    observe::Counter fold_failures;
    observe::Counter poisoned_rows;
    observe::Counter dropped_rows;
    observe::Histogram fold_seconds;
    observe::Histogram lag_seconds;
    std::array<observe::Counter, 8> dispositions;  ///< By domain::Disposition.
};

/// What all workers share. Outlives them.
struct TriageShared {
    ports::TriageStore& store;
    ConfigCache& policies;
    const TriageOptions options;
    const std::function<void()> outbox_changed;
    const TriageMetrics metrics;
    Backlog backlog;
};

class TriageWorker {
public:
    explicit TriageWorker(TriageShared& shared);
    ~TriageWorker();
    TriageWorker(const TriageWorker&) = delete;
    TriageWorker& operator=(const TriageWorker&) = delete;

    /// Thread-safe, never blocks for long.
    void submit(std::vector<PendingRow> rows);

private:
    using Clock = std::chrono::steady_clock;

    /// Owned by the thread.
    struct Tenant {
        TenantId id;
        bool in_ring = false;
        std::deque<PendingRow> rows;
        std::size_t waiting = 0;        ///< Alerts in `rows`.
        std::deque<FoldBatch> batches;  ///< Made of earlier rows; the first one is next.
        Clock::time_point due = Clock::time_point::min();
        std::chrono::milliseconds backoff{0};  ///< Zero unless the last attempt failed.
        FoldPace pace;
        FoldPatience patience;
        bool away = false;  ///< Its first batch is being folded on `aside`.
        std::jthread aside;
        std::unordered_map<domain::StreamId, std::uint64_t> applied;
    };
    struct Applied {
        Result<Done> outcome;
        bool decided = false;        ///< The database had answered, and had to store.
        std::size_t deliveries = 0;  ///< That it owes.
        bool declined = false;       ///< It owes more than one transaction should store.
        bool no_memory = false;
        Clock::duration took{0};
        std::vector<domain::Verdict> verdicts;
    };

    void run(const std::stop_token& stop);
    void wait(const std::stop_token& stop, Clock::time_point until);
    void take_inbox();
    [[nodiscard]] Clock::time_point due(const Tenant& tenant) const;
    /// Moves the first tenant that is due to the end of the ring and returns it; else says when one will be.
    [[nodiscard]] Tenant* next(Clock::time_point now, Clock::time_point& earliest);

    void turn(Tenant& tenant);
    void gather(Tenant& tenant);
    [[nodiscard]] std::vector<PendingRow> take_rows(Tenant& tenant, std::uint64_t applied);
    [[nodiscard]] std::optional<std::uint64_t> position(Tenant& tenant, domain::StreamId stream);
    void attempt(Tenant& tenant);
    [[nodiscard]] bool fold_aside(Tenant& tenant, std::uint64_t from);
    void settle(Tenant& tenant, const Applied& applied);
    [[nodiscard]] Applied apply(const FoldBatch& batch, std::uint64_t from, const ports::Patience& patience);
    [[nodiscard]] bool renew(Tenant& tenant);
    void finish(Tenant& tenant, const Applied& applied);
    void fenced(Tenant& tenant);
    void refused(Tenant& tenant, const Applied& applied);
    static void halve(Tenant& tenant);
    [[nodiscard]] std::size_t most_alerts(const Tenant& tenant) const;
    void back_off(Tenant& tenant, std::string_view doing, const Error& error);
    void drop(Tenant& tenant, std::string_view why);
    void discard(std::vector<RowMark> rows, TenantId tenant, std::string_view why);
    void forget_old_streams(Tenant& tenant) const;

    TriageShared& shared_;

    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::vector<PendingRow> inbox_;                      // guarded by mutex_
    std::vector<std::pair<Tenant*, Applied>> finished_;  // aside; guarded by mutex_

    std::size_t away_ = 0;  ///< Tenants.

    std::unordered_map<TenantId, Tenant> tenants_;
    std::deque<Tenant*> ring_;  ///< Those with something to do.

    std::jthread thread_;  // last
};

}  // namespace winnow::pipeline
