#pragma once

/// @file
/// A thread that folds whichever tenant's turn it is. Private to pipeline.

#include "pipeline/fold/backlog.hpp"
#include "pipeline/fold/folding_tenant.hpp"
#include "pipeline/fold/tenant_line.hpp"
#include "pipeline/watch/turn_watch.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/observe/queue_metrics.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/pipeline/triage_service.hpp"
#include "winnow/ports/triage_store.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>
#include <thread>
#include <vector>

namespace winnow::pipeline {

struct TriageMetrics {
    explicit TriageMetrics(observe::Metrics& metrics);

    observe::Counter alerts;
    observe::Counter folds;
    observe::Counter fold_failures;
    observe::Counter poisoned_rows;
    observe::Counter dropped_rows;
    observe::Counter over_steps;
    observe::Counter over_time;
    observe::Counter set_aside;
    observe::Histogram fold_seconds;
    observe::Histogram lag_seconds;
    std::array<observe::Counter, 9> dispositions;  ///< By domain::Disposition.
    observe::QueueMetrics queue;
};

/// What all workers share. Outlives them.
struct TriageShared {
    ports::TriageStore& store;
    ConfigCache& policies;
    const TriageOptions options;
    const std::function<void()> outbox_changed;
    const TriageMetrics metrics;
    Backlog backlog;
    TurnWatch watch;
    TenantLine line;  ///< Last: what is aside ends before what it works with.
};

class TriageWorker {
public:
    TriageWorker(TriageShared& shared, std::size_t number, fair::Lane lane);
    TriageWorker(const TriageWorker&) = delete;
    TriageWorker& operator=(const TriageWorker&) = delete;

private:
    using Clock = std::chrono::steady_clock;
    using Tenant = FoldingTenant;

    void run(const std::stop_token& stop);
    static void survive(Tenant* tenant, std::string_view what);
    void turn(Tenant& tenant);
    void gather(Tenant& tenant);
    void take_rows(Tenant& tenant, std::uint64_t applied, std::shared_ptr<const TenantPolicy> policy);
    [[nodiscard]] std::optional<std::uint64_t> position(Tenant& tenant, domain::StreamId stream);
    [[nodiscard]] bool attempt(Tenant& tenant);
    [[nodiscard]] bool judge_in_time(Tenant& tenant);
    [[nodiscard]] bool fold_aside(Tenant& tenant, std::uint64_t from);
    void settle(Tenant& tenant, const Applied& applied);
    [[nodiscard]] static Applied apply(const TriageShared& shared, const FoldBatch& batch, std::uint64_t from,
                                       const ports::Patience& patience, TurnWatch::Seat& seat);
    [[nodiscard]] bool renew(Tenant& tenant);
    void finish(Tenant& tenant, const Applied& applied);
    void ask_no_more(Tenant& tenant);
    void fenced(Tenant& tenant);
    void refused(Tenant& tenant, const Applied& applied);
    static void halve(Tenant& tenant);
    static void split_behind(Tenant& tenant, std::size_t rows);
    void back_off(Tenant& tenant, std::string_view doing, const Error& error);
    static void postpone(Tenant& tenant) noexcept;
    void drop(Tenant& tenant, std::string_view why);
    void discard(const std::vector<RowMark>& rows, TenantId tenant, std::string_view why);

    TriageShared& shared_;
    const fair::Lane lane_;
    TurnWatch::Seat* seat_ = nullptr;  ///< The thread's.
    std::jthread thread_;              // last
};

}  // namespace winnow::pipeline
