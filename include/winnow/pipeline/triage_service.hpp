#pragma once

/// @file
/// From committed rows to tickets: the workers that run the fold.

#include "winnow/domain/position.hpp"
#include "winnow/fair/share.hpp"
#include "winnow/journal/writer.hpp"
#include "winnow/observe/progress.hpp"
#include "winnow/pipeline/config_cache.hpp"
#include "winnow/ports/journal_store.hpp"
#include "winnow/ports/triage_store.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace winnow::observe {
class Metrics;
}

namespace winnow::pipeline {

/// Folds that are given minutes at a time, each on a thread of its own: so many a worker.
inline constexpr std::size_t kMostFoldsAside = 4;

struct TriageOptions {
    std::size_t workers = 1;  ///< Threads. Of two or more, one passes over tenants whose turns are long.
    std::size_t max_fold_alerts = 100'000;
    std::size_t max_backlog_bytes = 512U << 20U;  ///< Of committed alerts in memory, of all tenants.
    /// With a backlog, how long a tenant's rows may gather between two folds (less while its folds are short): folds
    /// grow, and the cost per alert falls.
    std::chrono::milliseconds coalesce{100};
    std::chrono::milliseconds standstill = observe::kStandstill;  ///< See goes_on().
    /// The calling thread's processor time, which turns are measured by. Empty: what the system says it is.
    std::function<std::chrono::nanoseconds()> spent{};
    /// Of processor time that one turn may take. None should come near the first, which is logged and counted. One that
    /// reaches the second hangs: nothing in the process can stop it, so the process is ended. The next one tries the
    /// row, and sets it aside when it hangs again.
    std::chrono::milliseconds long_turn{10'000};
    std::chrono::milliseconds hung_turn{30'000};
    /// Called after a transaction that stored what the clock may not see before it is due: a fold that is behind, or an
    /// end that is near. Quick.
    std::function<void()> due_soon = {};
    std::function<void()> hung = {};  ///< What is done then, on a thread of its own. Empty: the process is aborted.
};

/// Any worker takes any tenant, each with one at a time, so that a tenant's rows are applied in order. Tenants take
/// turns by what their turns take; a turn judges alerts for 10 ms of processor time while others wait, else for 100,
/// and stores the rows that it got through. Thread-safe.
class TriageService {
public:
    /// `outbox_changed` is called after each transaction that left something to deliver. All references must outlive
    /// the service.
    TriageService(ports::TriageStore& store, ConfigCache& policies, TriageOptions options,
                  std::function<void()> outbox_changed, observe::Metrics& metrics);
    /// Applies what it holds only as far as a fold in progress goes: the rest is replayed at the next start.
    ~TriageService();
    TriageService(const TriageService&) = delete;
    TriageService& operator=(const TriageService&) = delete;

    /// Takes rows in the order of their stream. Never blocks. A journal::CommittedSink. Without memory for it the
    /// process ends: they are committed, and replayed by the next start or another node; half handed over they would be
    /// by none.
    void submit(std::vector<journal::CommittedRow> rows) noexcept;

    /// False while the backlog in memory is at its bound, which one tenant alone never fills.
    [[nodiscard]] bool accepting() const;

    /// False where rows of more than one tenant wait and none was applied for `standstill`: readiness. One tenant whose
    /// rows are not applied is that tenant's trouble, however long.
    [[nodiscard]] bool goes_on() const;

    /// For who brings rows that can stay in the journal for now: false while those of the stream fill their share of
    /// that bound, or accepting() is false.
    [[nodiscard]] bool has_room(domain::StreamId stream) const;

    /// As above, of the tenant's rows of the stream: where they fill their share, others' still find room.
    [[nodiscard]] bool has_room(domain::StreamId stream, TenantId tenant) const;

    /// True while more than a small part of that bound waits: what can be done at another time should be.
    [[nodiscard]] bool behind() const;

    /// How many bytes of committed alerts are in memory, of all tenants and of this one: for who submits, to keep
    /// each within its share of `max_backlog_bytes`.
    [[nodiscard]] fair::Held held(TenantId tenant) const;

    /// The highest seq up to which every submitted row of the stream is applied; `written` where nothing is pending.
    [[nodiscard]] std::uint64_t applied_through(domain::StreamId stream, std::uint64_t written) const;

    /// Waits until every submitted row of the stream is applied, or `deadline` has passed. True if applied.
    bool settled(domain::StreamId stream, std::chrono::milliseconds deadline);

    /// Waits until everything submitted so far is applied, or `deadline` has passed. True if applied.
    bool flush(std::chrono::milliseconds deadline);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::pipeline
