#pragma once

/// @file
/// What rules hold back, and is due: pauses that are over, thresholds that were not reached, flapping that has settled.

#include "winnow/base/time.hpp"
#include "winnow/ports/fold_transaction.hpp"
#include "winnow/ports/time/due_store.hpp"

#include <cstddef>
#include <unordered_map>
#include <vector>

namespace winnow::ports {

/// A tenant's due tickets and machines.
struct DueHolds {
    std::unordered_map<TicketId, domain::Alert> alerts;  ///< The due tickets, as firing alerts would show them.
    std::vector<triage::MachineState> machines;          ///< The longest due first.
    Timestamp until;                                     ///< What is due by then; see HoldStore.
    std::unordered_map<TicketId, Timestamp> since = {};  ///< When the tickets' pauses were over.
    std::vector<UnreadRow> unread = {};                  ///< Tickets and machines.

    [[nodiscard]] std::size_t size() const noexcept { return alerts.size() + machines.size(); }
};

/// What is due later than the tenant's oldest alert that is committed and not folded yet is left for another time: that
/// alert may be the recovery that makes the page a wrong one.
using HoldStore = DueStore<DueHolds>;

}  // namespace winnow::ports
