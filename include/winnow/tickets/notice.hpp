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

/// Those of a person's events that move the ticket, hand it to somebody, or change how bad it is: of kind, number, time
/// and ticket as an alert's that does the same. They tell nobody: who does it knows, and the others read it. A Round
/// makes them of each change that it keeps.
///
/// `ticket` is as it is after all of the events, and so it is in each notice; an alert's notice has it as it was right
/// after its event. A notice has what core_of() knows: whether people were ever told of the ticket, whether it flaps,
/// what holds it back, its firing instances and the start of its episode are at their defaults, and its kind is the
/// event's, `opened` or not. Of alerts' acknowledgements there is no notice yet: triage makes one where it tells.
[[nodiscard]] std::vector<Notice> notices_of(const domain::Ticket& ticket,
                                             const std::vector<domain::TicketEvent>& events);

}  // namespace winnow::tickets
