#pragma once

/// @file
/// What rules hold back, and is due: pauses that are over, thresholds that were not reached, flapping that has settled.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/ports/triage_store.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace winnow::ports {

/// A tenant's due tickets and machines, with the tickets of the machines' keys; all locked.
struct DueHolds {
    triage::States states;
    std::unordered_map<TicketId, std::string> descriptions;  ///< Of the due tickets.
    Timestamp until;                                         ///< What is due by then; see HoldStore::release.
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

    /// One transaction: locks the tenant's folding, loads at most `limit` of what is due of each kind, calls `decide`,
    /// stores the outcome. Returns how many there were.
    ///
    /// What is due later than the tenant's oldest alert that is committed and not folded yet is left for another time:
    /// that alert may be the recovery that makes the page a wrong one.
    [[nodiscard]] virtual Result<std::size_t> release(TenantId tenant, std::size_t limit,
                                                      const std::function<TriageWrites(const DueHolds&)>& decide) = 0;

    /// Forgets machines that have nothing to remember. Returns how many.
    [[nodiscard]] virtual Result<std::size_t> sweep() = 0;
};

}  // namespace winnow::ports
