#pragma once

/// @file
/// Whose turn it is: deficit round robin between tenants, paid afterwards. Pure: who owns one locks it, and brings the
/// time.

#include "winnow/base/uuid.hpp"
#include "winnow/fair/share.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

namespace winnow::fair {

using Instant = std::chrono::steady_clock::time_point;

/// What an item has cost, in the unit that the owner counts in: nanoseconds, bytes.
using Cost = std::int64_t;

/// What waits together, and what of it one tenant may hold. An item that was taken does not wait any more.
struct QueueLimits {
    static constexpr std::size_t kNone = Bound::kNone;

    std::size_t items = 512;  ///< Of all tenants. One may hold as much as all of them leave free: alone half of it.
    std::size_t bytes = kNone;
    std::size_t tenant_items = kNone;  ///< And never more than this.
    /// What a tenant may always hold; all floors together may go beyond `items` and `bytes` by a tenth.
    std::size_t floor_items = 4;
    std::size_t floor_bytes = 65'536;

    std::size_t tenant_in_flight = 1;  ///< Taken, not done.
    Cost quantum = 10'000'000;         ///< Of one turn, above 0; no less than what most items cost.

    Cost slow_cost = 0;                        ///< A tenant whose items cost more than this is slow; 0: none is.
    std::chrono::milliseconds memory{60'000};  ///< How long debts, overruns and slowness outlive a tenant's last item.
    /// Once a tenant's oldest item has waited this long its newest goes first: a fresh click beats stale ones. 0:
    /// never.
    std::chrono::milliseconds newest_first_after{0};
};

/// A thread that serves only `quick` passes over slow tenants, so that they never hold all threads.
enum class Lane : std::uint8_t { any, quick };

/// What was taken; to be given back to done().
struct Ticket {
    TenantId tenant;
    Cost estimate = 0;  ///< Paid in advance.
};

/// A tenant that was idle comes first, for one quantum, then takes its turns among the others. A turn lasts until a
/// quantum is spent; what costs more is a debt that later turns pay. Who blinks gains nothing: a tenant that ran empty
/// is forgotten only after its turn among the others has come, and with a debt only after `memory`.
///
/// Amortised O(1), but for tenants that are at their `tenant_in_flight`, slow or to be passed over: those are, one by
/// one.
class TurnOrder {
public:
    explicit TurnOrder(const QueueLimits& limits);

    /// Why the tenant cannot have an item more; nullopt: it can. `uncounted`: so many of its items, or all if they are
    /// fewer, are none of those that it may hold.
    [[nodiscard]] std::optional<Refused> refusal(TenantId tenant, std::size_t bytes, std::size_t uncounted = 0) const;
    void add(TenantId tenant, std::size_t bytes, Instant now);

    /// Who is served next; the answer holds until the next call of any other member.
    [[nodiscard]] std::optional<TenantId> next(Lane lane, Instant now);
    /// An item of the tenant is in flight from now on. `estimate`: nullopt, where its cost is not known before, takes
    /// what the tenant's items have cost of late.
    [[nodiscard]] Ticket begin(TenantId tenant, std::size_t bytes, std::optional<Cost> estimate);
    /// An item of the tenant is not wanted any more, and was not begun: free of charge.
    void drop(TenantId tenant, std::size_t bytes);
    /// From now on next() passes over the tenant, or does so no more. Forgotten once nothing of it waits.
    void pass_over(TenantId tenant, bool passed);
    /// `overran`: it did not keep to its budget; the tenant is slow for a while.
    void done(const Ticket& ticket, Cost cost, Instant now, bool overran = false);

    [[nodiscard]] bool others_wait(TenantId tenant) const;
    [[nodiscard]] bool is_slow(TenantId tenant, Instant now) const;
    [[nodiscard]] const QueueLimits& limits() const noexcept { return limits_; }

    [[nodiscard]] std::size_t items() const noexcept { return items_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }
    [[nodiscard]] std::size_t tenants() const noexcept { return found_.size(); }  ///< That something is known of.

private:
    struct Record {
        TenantId tenant;
        std::size_t list = 0;
        std::size_t items = 0;
        std::size_t bytes = 0;
        std::size_t in_flight = 0;
        bool passed_over = false;
        Cost credit = 0;
        std::optional<Cost> smoothed = {};  ///< Of its last items, the newest ones most.
        Instant slow_until{};
        Instant idle_since{};
    };
    using Records = std::list<Record>;
    using Place = Records::iterator;

    /// Where a record is. Idle tenants that owe nothing are nowhere.
    enum List : std::size_t {
        fresh,    ///< Came when idle, and has not spent a quantum.
        ring,     ///< Takes turns; perhaps empty, until its turn comes.
        busy,     ///< Nothing waits, something is in flight.
        resting,  ///< Idle, and remembered; the longest ago first.
    };

    void move(Place record, List to);
    void leave(Record& record, std::size_t bytes);
    void retire(Place record, Instant now);
    void forget(Instant now);
    [[nodiscard]] bool may(const Record& record, Lane lane, Instant now) const;
    [[nodiscard]] bool is_slow(const Record& record, Instant now) const;
    [[nodiscard]] Place next_fresh(Lane lane, Instant now);
    [[nodiscard]] Place next_in_ring(Lane lane, Instant now);

    const QueueLimits limits_;
    std::array<Records, 4> lists_;
    std::unordered_map<TenantId, Place> found_;
    std::size_t items_ = 0;
    std::size_t bytes_ = 0;
    std::size_t in_flight_ = 0;
    std::size_t waiting_tenants_ = 0;
};

}  // namespace winnow::fair
