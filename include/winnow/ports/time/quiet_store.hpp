#pragma once

/// @file
/// Quiet tickets whose cover may have ended, and silences that end by themselves.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/ports/fold_transaction.hpp"
#include "winnow/ports/time/chores.hpp"
#include "winnow/ports/time/due_store.hpp"

#include <cstddef>
#include <vector>

namespace winnow::ports {

/// A tenant's quiet tickets that are due.
struct DueTickets {
    std::vector<QuietTicket> tickets;
    Timestamp now;  ///< By the database's clock.
    std::vector<UnreadRow> unread = {};

    [[nodiscard]] std::size_t size() const noexcept { return tickets.size(); }
};

/// Tenants are due with quiet tickets whose time has come, whose configuration has changed, or whose explaining alert
/// no longer fires. Which of them stay due is for what is stored to say (TriageWrites::parked, unquieted,
/// quiet_tickets).
class QuietStore : public DueStore<DueTickets> {
public:
    /// Whoever ends a source marks the tickets that it explained; but not one that another transaction covers in the
    /// same moment. Looks for such in a stretch of all sources, and in the next one with the next call, round and
    /// round: they are due then. tenants_due() does so, too, now and then.
    [[nodiscard]] virtual Result<Done> mark_ended_sources() = 0;

    /// Ends active silences that have covered nothing for their `end_when_quiet`, and that no quiet ticket waits
    /// under: some hundreds at once, the others next time. One attempt, and `more` where the next call has something
    /// to do at once. One call at a time. A tenant whose silences cannot be ended is left out for a while, the others'
    /// are ended.
    [[nodiscard]] virtual Result<ChoreStep> end_quiet_silences() = 0;
};

}  // namespace winnow::ports
