#pragma once

/// @file
/// Quiet tickets whose cover may have ended, and silences that end by themselves.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/ports/chores.hpp"
#include "winnow/ports/triage_store.hpp"
#include "winnow/ports/turn.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace winnow::ports {

/// A tenant's quiet tickets that are due, with what deciding about them takes.
struct DueTickets {
    std::vector<QuietTicket> tickets;  ///< Suppressed, and their trouble is not over.
    triage::States states;             ///< Their tickets, locked.
    Timestamp now;
};

/// What becomes of them (a ticket that has ended quietly waits for people to bring it back, and is due then): tickets
/// among `writes.quiet_tickets` stay quiet under the cover given there, the others of the due ones are no longer looked
/// at.
using DecideRelease = std::function<TriageWrites(const DueTickets&)>;

/// Thread-safe; each call borrows a connection of the pipeline role.
class QuietStore {
public:
    QuietStore() = default;
    QuietStore(const QuietStore&) = delete;
    QuietStore& operator=(const QuietStore&) = delete;
    virtual ~QuietStore() = default;

    /// Tenants with quiet tickets whose time has come, whose configuration has changed, or whose explaining alert no
    /// longer fires.
    [[nodiscard]] virtual Result<std::vector<TenantId>> tenants_due() = 0;

    /// Whoever ends a source marks the tickets that it explained; but not one that another transaction covers in the
    /// same moment. Looks for such in a stretch of all sources, and in the next one with the next call, round and
    /// round: they are due then. tenants_due() does so, too, now and then.
    [[nodiscard]] virtual Result<Done> mark_ended_sources() = 0;

    /// One transaction: locks the tenant's folding, loads at most `turn.limit` of its due tickets, calls `decide`,
    /// stores the outcome. Returns how many there were.
    ///
    /// @param config_version  Of the configuration that decides: where it is not the current one, nothing is done, so
    ///                        that nobody is told because an extension has not got about yet.
    /// @param source_keys  Which inhibition sources `decide` must find in the states, given the tickets.
    ///
    /// `conflict`: somebody else is at the tenant, or at one of its tickets; nothing was done.
    [[nodiscard]] virtual Result<std::size_t> release(
        TenantId tenant, std::int64_t config_version, Turn turn,
        const std::function<domain::InhibitionSourceKeys(const std::vector<QuietTicket>&)>& source_keys,
        const DecideRelease& decide) = 0;

    /// Ends active silences that have covered nothing for their `end_when_quiet`, and that no quiet ticket waits
    /// under: some hundreds at once, the others next time. One attempt, and `more` where the next call has something
    /// to do at once. One call at a time. A tenant whose silences cannot be ended is left out for a while, the others'
    /// are ended.
    [[nodiscard]] virtual Result<ChoreStep> end_quiet_silences() = 0;
};

}  // namespace winnow::ports
