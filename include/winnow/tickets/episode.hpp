#pragma once

/// @file
/// What alerts, and the time that passes, do to a ticket: how its troubles begin, are held back, and end; and whether
/// people hear of it. Pure, in place. Every change of state is a line of the table (transitions.hpp).

#include "winnow/base/time.hpp"
#include "winnow/domain/ticket.hpp"
#include "winnow/tickets/ticket_core.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace winnow::tickets {

/// What a firing alert does to the latest ticket of its key.
enum class Arrival : std::uint8_t {
    opens,    ///< There is none, or it ended longer ago than the reopen window: a new one is opened.
    joins,    ///< Its trouble goes on.
    reopens,  ///< It begins anew; one that people are closing always does, since no other may have its key.
};
[[nodiscard]] Arrival arrival_at(const TicketCore* latest, Timestamp at,
                                 std::chrono::milliseconds reopen_window) noexcept;

/// True where an open ticket is in progress from now on; whatever else it is, an alert's acknowledgement changes
/// nothing.
bool acknowledge(TicketCore& ticket, Timestamp at) noexcept;

/// A ticket whose trouble was over begins anew.
void reopen(TicketCore& ticket, Timestamp at) noexcept;

/// The same where rules hold it back: `restraint` says why, and whether anybody ever heard of it. Its times stay those
/// of the episode before, in case that was the last one.
void hold(TicketCore& ticket, const Restraint& restraint, Timestamp at) noexcept;

/// A held ticket becomes an open one. Whether it flaps, and whether it was ever told of, stays.
void let_go(TicketCore& ticket, Timestamp at) noexcept;

/// Whether end_trouble() would end something.
[[nodiscard]] bool has_trouble(const TicketCore& ticket) noexcept;

/// How a ticket's trouble ends.
enum class Ending : std::uint8_t {
    nothing,  ///< It was over already.
    noted,    ///< It flaps: whether it is over is told when it has settled.
    unheard,  ///< It was held: nobody hears of it; it is what it was before, else closed.
    over,     ///< It was open or in progress, and is recovered; or people are closing it, and go on doing so.
};
Ending end_trouble(TicketCore& ticket, Timestamp at) noexcept;

/// Ending::unheard of a held ticket, also because its threshold's time ran out.
void give_up(TicketCore& ticket, Timestamp at) noexcept;

/// Whether people hear of what happens to the ticket.
[[nodiscard]] bool is_heard(const TicketCore& ticket) noexcept;

/// What the beginning of an episode is called: `opened` is the first word that people hear of a ticket.
[[nodiscard]] domain::TicketEventKind begun(const TicketCore& ticket) noexcept;

/// People are told of an event: as what, and that they have been. The first word of a ticket is `opened` whatever
/// happened; nullopt: of the end of what nobody had heard of nobody is told.
[[nodiscard]] std::optional<domain::TicketEventKind> tell(TicketCore& ticket, domain::TicketEventKind kind) noexcept;

}  // namespace winnow::tickets
