#pragma once

/// @file
/// Events of tickets that somebody outside the ticket follows, as values.

#include "winnow/domain/ticket.hpp"
#include "winnow/tickets/ticket_core.hpp"

#include <vector>

namespace winnow::tickets {

/// An event, and the ticket as it was right after it.
struct Notice {
    domain::TicketEvent event;  ///< As in the timeline; its kind is `opened` where it is the first word people hear.
    TicketCore ticket;
    bool tells = true;  ///< Contacts hear of it; else it only steers what they still hear, as an acknowledgement does.
};

/// Those of a person's events that move the ticket, hand it to somebody, or change how bad it is. They tell nobody: who
/// does it knows, and the others read it. `ticket` is as it is after all of them.
[[nodiscard]] std::vector<Notice> notices_of(const domain::Ticket& ticket,
                                             const std::vector<domain::TicketEvent>& events);

}  // namespace winnow::tickets
