#pragma once

/// @file
/// Tenants that have something to fold, in turn. Private to pipeline.

#include "pipeline/fold/backlog.hpp"
#include "pipeline/fold/folding_tenant.hpp"
#include "winnow/fair/turn_order.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>
#include <unordered_map>
#include <vector>

namespace winnow::pipeline {

/// Any thread takes any tenant, and has it alone until it gives it back: a tenant's rows are folded one turn after the
/// other, in order. Turns go by what they take of a thread's time, each at least a quantum (fair::TurnOrder); the quick
/// lane passes over tenants whose turns are long. Thread-safe.
class TenantLine {
public:
    using Clock = FoldingTenant::Clock;

    static constexpr std::chrono::milliseconds kQuantum{10};
    static constexpr std::chrono::milliseconds kSlow{100};  ///< A turn.

    struct Options {
        std::size_t max_fold_alerts = 0;
        std::size_t most_aside = 0;  ///< Tenants that may be away at once.
    };

    explicit TenantLine(const Options& options);
    /// When no thread takes any more. Those aside are told to stop, and waited for.
    ~TenantLine();
    TenantLine(const TenantLine&) = delete;
    TenantLine& operator=(const TenantLine&) = delete;

    /// Each behind its tenant's others.
    void submit(std::vector<PendingRow> rows);

    /// The next tenant whose turn it is and that has something to do, all of its rows with it. Waits for one, but not
    /// once it is told to stop: nullptr where there is none then. Where it throws, for want of memory, nothing has
    /// changed.
    [[nodiscard]] FoldingTenant* take(fair::Lane lane, const std::stop_token& stop);

    /// Its turn took so long. It comes again when it is due, if anything is left to do or arrived meanwhile; where it
    /// is away, when it lands.
    void give_back(FoldingTenant& tenant, std::chrono::nanoseconds took) noexcept;

    /// Called by the thread aside, as the last thing it does.
    void land(FoldingTenant& tenant) noexcept;

    /// Whether another tenant could have its turn now.
    [[nodiscard]] bool others_wait(const FoldingTenant& tenant) const;

    /// How many alerts one fold of it takes.
    [[nodiscard]] std::size_t most_alerts(const FoldingTenant& tenant) const;

private:
    using Place = FoldingTenant::Line::Place;
    using Tenants = std::list<FoldingTenant>;

    // With mutex_ held:
    void move(FoldingTenant& tenant, Place to) noexcept;
    [[nodiscard]] Tenants& at(Place place) noexcept { return places_.at(static_cast<std::size_t>(place)); }
    [[nodiscard]] Clock::time_point due(const FoldingTenant& tenant) const noexcept;
    [[nodiscard]] Clock::time_point make_ready(Clock::time_point now);
    [[nodiscard]] FoldingTenant* next(fair::Lane lane, Clock::time_point now);
    void free_place_aside(FoldingTenant& tenant) noexcept;
    void wake(bool quick) noexcept;

    /// One lane's sleepers.
    struct Lane {
        std::condition_variable_any changed;
        std::size_t asleep = 0;
    };

    const Options options_;
    mutable std::mutex mutex_;
    Lane any_;
    Lane quick_;
    // Guarded by mutex_:
    std::array<Tenants, 5> places_;  ///< By Place. Moving from one to another takes no memory.
    std::unordered_map<TenantId, Tenants::iterator> found_;
    fair::TurnOrder order_;  ///< Of those that are ready: one item each.
    std::size_t aside_ = 0;  ///< Places given out.
    std::uint64_t changes_ = 0;
};

}  // namespace winnow::pipeline
