#pragma once

/// @file
/// What triage knows of a tenant. Private to pipeline.

#include "pipeline/fold/backlog.hpp"
#include "pipeline/fold/fold_batch.hpp"
#include "pipeline/fold/fold_pace.hpp"
#include "pipeline/fold/fold_patience.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/verdict.hpp"
#include "winnow/fair/turn_order.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

namespace winnow::pipeline {

/// What became of an attempt to store a fold.
struct Applied {
    Result<Done> outcome;
    bool unknown = false;        ///< There was no memory to tell the outcome: the fence knows it.
    bool decided = false;        ///< The database had answered, and had to store.
    std::size_t deliveries = 0;  ///< That it owes.
    bool declined = false;       ///< It owes more than one transaction should store.
    bool no_memory = false;
    std::chrono::steady_clock::duration took{0};
    std::array<std::size_t, 9> dispositions{};  ///< How many alerts came to each.
    std::size_t over_steps = 0;                 ///< Alerts that steps did not do for.
    std::size_t over_time = 0;                  ///< That processor time did not do for.
    std::size_t set_aside = 0;                  ///< Rules, silences, windows and inhibitions.
    bool due_soon = false;                      ///< It stored what is due before the clock's next look.
};

/// Belongs to the thread that has it from TenantLine::take(), until it is given back; while it is away, its first batch
/// and `landed` belong to the thread aside.
struct FoldingTenant {
    using Clock = std::chrono::steady_clock;

    explicit FoldingTenant(TenantId its) : id(its) {}

    const TenantId id;
    std::deque<PendingRow> rows;
    std::size_t waiting = 0;        ///< Alerts in `rows`.
    std::deque<FoldBatch> batches;  ///< Made of earlier rows; the first one is next.
    Clock::time_point due = Clock::time_point::min();
    std::chrono::milliseconds backoff{0};  ///< Zero unless the last attempt failed.
    FoldPace pace;
    FoldPatience patience;
    bool away = false;              ///< Its first batch is being folded on `aside`.
    std::optional<Applied> landed;  ///< What became of that; not settled yet.
    std::unordered_map<domain::StreamId, std::uint64_t> applied;

    /// What is TenantLine's own, guarded by its lock.
    struct Line {
        enum class Place : std::uint8_t { idle, later, ready, taken, away };
        Place place = Place::idle;
        std::deque<PendingRow> arrived;  ///< Behind `rows`.
        std::size_t arrived_alerts = 0;
        bool has_place_aside = false;
        fair::Ticket ticket = {};
    } line;

    std::jthread aside;  ///< Last: it ends before what it works on.
};

}  // namespace winnow::pipeline
