#pragma once

/// @file
/// What rules hold back, and is due: pauses that are over, thresholds that were not reached, flapping that has settled.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/ports/triage_store.hpp"
#include "winnow/ports/turn.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

namespace winnow::ports {

/// A tenant's due tickets and machines, with the tickets of the machines' keys; all locked.
struct DueHolds {
    triage::States states;
    std::unordered_map<TicketId, domain::Alert> alerts;  ///< The due tickets, as firing alerts would show them.
    Timestamp until;                                     ///< What is due by then; see HoldStore::release.
};

/// Thread-safe; each call borrows a connection of the pipeline role.
class HoldStore {
public:
    HoldStore() = default;
    HoldStore(const HoldStore&) = delete;
    HoldStore& operator=(const HoldStore&) = delete;
    virtual ~HoldStore() = default;

    /// Tenants with something that is due by the database's clock.
    [[nodiscard]] virtual Result<std::vector<TenantId>> tenants_due() = 0;

    /// One transaction: locks the tenant's folding, loads at most `turn.limit` of what is due of each kind, calls
    /// `decide`, stores the outcome. Returns how many there were.
    ///
    /// @param config_version  Of the configuration that decides: where it is not the current one, nothing is done, so
    ///                        that nobody is told because a silence has not got about yet.
    /// @param source_keys  Which inhibition sources `decide` must find in the states.
    ///
    /// What is due later than the tenant's oldest alert that is committed and not folded yet is left for another time:
    /// that alert may be the recovery that makes the page a wrong one.
    ///
    /// `conflict`: somebody else is at the tenant, or at one of its tickets; nothing was done.
    [[nodiscard]] virtual Result<std::size_t> release(
        TenantId tenant, std::int64_t config_version, Turn turn,
        const std::function<domain::InhibitionSourceKeys(const DueHolds&)>& source_keys,
        const std::function<TriageWrites(const DueHolds&)>& decide) = 0;
};

}  // namespace winnow::ports
