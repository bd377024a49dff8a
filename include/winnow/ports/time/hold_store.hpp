#pragma once

/// @file
/// What rules hold back, and is due: pauses that are over, thresholds that were not reached, flapping that has settled.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/ports/fold_transaction.hpp"
#include "winnow/ports/time/turn.hpp"

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace winnow::ports {

/// A tenant's due tickets and machines.
struct DueHolds {
    std::unordered_map<TicketId, domain::Alert> alerts;  ///< The due tickets, as firing alerts would show them.
    std::vector<triage::MachineState> machines;          ///< The longest due first.
    Timestamp until;                                     ///< What is due by then; see HoldStore::lock_due.
    std::unordered_map<TicketId, Timestamp> since = {};  ///< When the tickets' pauses were over.
    std::vector<UnreadRow> unread = {};                  ///< Tickets and machines.

    [[nodiscard]] std::size_t size() const noexcept { return alerts.size() + machines.size(); }
};

/// Thread-safe; each call borrows a session of the pipeline role, and what it locks keeps it.
class HoldStore {
public:
    HoldStore() = default;
    HoldStore(const HoldStore&) = delete;
    HoldStore& operator=(const HoldStore&) = delete;
    virtual ~HoldStore() = default;

    /// Tenants with something that is due by the database's clock.
    [[nodiscard]] virtual Result<std::vector<TenantId>> tenants_due() = 0;

    /// Locks the tenant's folding, and loads at most `turn.limit` of what is due of each kind.
    ///
    /// @param config_version  Of the configuration that decides: where it is not the current one, there is nothing to
    ///                        do, so that nobody is told because a silence has not got about yet.
    ///
    /// What is due later than the tenant's oldest alert that is committed and not folded yet is left for another time:
    /// that alert may be the recovery that makes the page a wrong one.
    ///
    /// `conflict`, of all that follows, too: somebody else is at the tenant, or at one of its tickets; nothing was
    /// done.
    [[nodiscard]] virtual Result<Due<DueHolds>> lock_due(TenantId tenant, std::int64_t config_version, Turn turn) = 0;
};

}  // namespace winnow::ports
