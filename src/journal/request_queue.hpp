#pragma once

/// @file
/// The requests that wait for a transaction. Private to journal.

#include "journal/batch.hpp"
#include "winnow/fair/company.hpp"
#include "winnow/fair/share.hpp"
#include "winnow/fair/turn_order.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace winnow::journal {

/// A queue a tenant. Tenants take turns by what their requests hold, so a transaction that is full has a part of each;
/// one that is not has all that waits. Each has its share of three bounds: of alerts and of bytes that wait or are
/// being written, and of bytes from here to the end of triage. From three quarters of the latter on a tenant's own
/// requests are held back for a moment, the longer the more of it is full.
///
/// A request that comes waits for the transactions before it. Therefore, while more than one tenant sends, a
/// transaction takes a part of each only, and of each only so much is written at once; a tenant that is alone has it
/// all. A request that is larger than such a part then has a transaction of its own, by turns with what is not, so that
/// neither waits for more than one transaction of the other. Thread-safe.
class RequestQueue {
public:
    using Clock = std::chrono::steady_clock;
    using TimePoint = Clock::time_point;

    static constexpr std::chrono::milliseconds kLongestHold{200};
    static constexpr fair::Cost kQuantum = 65'536;  ///< Bytes; an alert counts kAlertCost more.
    static constexpr fair::Cost kAlertCost = 64;

    struct Limits {
        std::size_t alerts = fair::Bound::kNone;
        std::size_t bytes = fair::Bound::kNone;
        std::size_t unapplied_bytes = fair::Bound::kNone;  ///< With what was written and is not applied.
        // Of one tenant, while others send, too; beyond it goes only what was begun below.
        std::size_t tenant_bytes_at_once = fair::Bound::kNone;    ///< In one transaction; what is larger goes alone.
        std::size_t tenant_bytes_in_flight = fair::Bound::kNone;  ///< In all of them that are not settled or stored.
        std::chrono::milliseconds company{60'000};                ///< So long others count after they sent.
    };

    /// Why a request was not taken.
    struct Refusal {
        enum class Limit : std::uint8_t { closed, alerts, bytes, unapplied_bytes };
        Limit limit = Limit::closed;
        std::size_t value = 0;  ///< Of the tenant's share, or of the whole.
        bool is_nodes = false;  ///< Nobody's fault: the node itself is full, or closed.
    };

    explicit RequestQueue(const Limits& limits) : limits_(limits), company_(limits.company) {}

    /// Whether the tenant may have anything taken at all. `unapplied`: what was written and is not applied, in bytes.
    [[nodiscard]] std::optional<Refusal> refusal(TenantId tenant, const fair::Held& unapplied) const;

    /// As above for this request; where it is taken nullopt, otherwise `pending` is untouched. A tenant that has
    /// nothing here is taken whatever its request's size as long as the node has room.
    [[nodiscard]] std::optional<Refusal> push(std::unique_ptr<Pending>& pending, const fair::Held& unapplied);

    /// Waits until there are requests that may be taken, or it is closed. Once it is closed all may be.
    void wait();

    struct Most {
        std::size_t alerts = 0;
        std::size_t bytes = std::numeric_limits<std::size_t>::max();
    };

    /// Waits for requests, then takes them in turn until there is `most` of either, each idempotency key once. Empty
    /// when closed and drained. What was taken goes on counting until it is settled or stored.
    [[nodiscard]] std::vector<std::unique_ptr<Pending>> take(const Most& most);

    /// Whether take() would leave some.
    [[nodiscard]] bool fills(const Most& most) const;

    /// Back to their places, in the order in which they came.
    void put_back(std::vector<std::unique_ptr<Pending>> requests);

    /// What requests count for.
    struct Amount {
        TenantId tenant;
        std::size_t alerts = 0;
        std::size_t bytes = 0;
    };
    using Amounts = std::vector<Amount>;
    [[nodiscard]] static Amounts amounts_of(const std::vector<Placed>& requests);

    /// What was taken will not be stored.
    void settle(const Amounts& amounts);
    /// What was taken is stored: its bytes count on, until it has been handed over to triage, which then counts them.
    void stored(const Amounts& amounts);
    void handed_over(const Amounts& amounts);

    /// Takes what has waited since before `limit`, and settles it.
    [[nodiscard]] std::vector<std::unique_ptr<Pending>> take_older(TimePoint limit);

    /// No more pushes; nothing is held back any more.
    void close();
    [[nodiscard]] bool closed() const;

    /// Waits that long; false as soon as it is closed.
    [[nodiscard]] bool pause(std::chrono::milliseconds length);

    struct Waiting {
        std::size_t requests = 0;
        std::size_t alerts = 0;
    };
    [[nodiscard]] Waiting waiting() const;

private:
    struct Tenant {
        std::deque<std::unique_ptr<Pending>> waiting;  ///< In the order of arrival.
        std::size_t ready = 0;                         ///< So many, the first ones, take turns; others are held back …
        TimePoint due;                                 ///< … the first of them until then.
        std::size_t alerts = 0;                        ///< That wait or were taken.
        std::size_t bytes = 0;
        std::size_t stored_bytes = 0;  ///< Not handed over.
        std::size_t taken_bytes = 0;   ///< Of `bytes`, those that were taken.
        bool is_passed_over = false;   ///< In the order of turns, because too much of it was taken.
    };
    using Tenants = std::unordered_map<TenantId, Tenant>;

    // With mutex_ held:
    [[nodiscard]] std::optional<Refusal> refusal(const Tenant* tenant, const fair::Held& unapplied, std::size_t alerts,
                                                 std::size_t bytes) const;
    [[nodiscard]] fair::Held held_until_applied(const Tenant* tenant, const fair::Held& unapplied) const;
    void make_ready(TenantId id, Tenant& tenant, TimePoint now);
    void hold(TenantId id, Tenant& tenant);
    void release_due(TimePoint now);
    void wait_for_ready(std::unique_lock<std::mutex>& lock);
    [[nodiscard]] std::optional<TenantId> next(TimePoint now);
    [[nodiscard]] bool are_shared(TimePoint now) const { return !closed_ && company_.is_there(now); }
    void pass_over(TenantId id, Tenant& tenant, bool passed);
    [[nodiscard]] std::unique_ptr<Pending> pop(TenantId id, Tenant& tenant);
    [[nodiscard]] bool is_large(const Tenant& tenant, TimePoint now) const;
    [[nodiscard]] std::optional<TenantId> due_large(TimePoint now);
    [[nodiscard]] std::unique_ptr<Pending> take_first(TenantId id, Tenant& tenant, TimePoint now);
    [[nodiscard]] std::vector<std::unique_ptr<Pending>> take_together(const Most& most, TimePoint now);
    void count_in(const Pending& pending);
    Tenants::iterator count_out(const Amount& amount);
    /// The same of what was taken. Its tenant may be taken again.
    Tenants::iterator count_out_taken(const Amount& amount);
    void forget_if_idle(Tenants::iterator tenant);

    const Limits limits_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::condition_variable closing_;
    // The rest: guarded by mutex_.
    Tenants tenants_;  ///< That have something waiting or being written.
    fair::TurnOrder order_{{.items = fair::Bound::kNone, .tenant_in_flight = fair::Bound::kNone, .quantum = kQuantum}};
    fair::Company company_;
    std::set<std::pair<TimePoint, TenantId>> held_back_;  ///< Tenants by `due`.
    std::optional<TenantId> large_due_;                   ///< The next transaction is for its large request.
    Waiting waiting_;
    std::size_t ready_alerts_ = 0;
    std::size_t alerts_ = 0;  ///< That wait or were taken.
    std::size_t bytes_ = 0;
    std::size_t stored_bytes_ = 0;
    bool closed_ = false;
};

}  // namespace winnow::journal
