#pragma once

/// @file
/// What a person does to a ticket: applied to the value in place, with the timeline's lines that tell of it. Pure.
///
/// Every change that is one raises the ticket's version once and its event_seq by the events returned.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/domain/ticket.hpp"

#include <optional>
#include <string>
#include <vector>

namespace winnow::tickets {

/// Who does it, and when.
struct Act {
    std::string actor;  ///< access::Principal::actor().
    Timestamp at;
};

/// Moves the ticket along its states (transitions.hpp) and keeps the times of acknowledgement, recovery and closing in
/// step. `conflict` names the states that are allowed instead.
[[nodiscard]] Result<std::vector<domain::TicketEvent>> move_ticket(domain::Ticket& ticket, domain::TicketState to,
                                                                   bool close_approval, const std::string& comment,
                                                                   const Act& act);

/// Of `wanted` the fields that people write (TicketField::edit) are looked at, all of them, as they shall be
/// afterwards. No events where nothing differs: the version stays then.
[[nodiscard]] std::vector<domain::TicketEvent> edit_ticket(domain::Ticket& ticket, const domain::Ticket& wanted,
                                                           const Act& act);

[[nodiscard]] std::vector<domain::TicketEvent> comment_on_ticket(domain::Ticket& ticket, const std::string& text,
                                                                 const Act& act);

/// `conflict` where the ticket is among its wanted parent and that one's ancestors: a ring would come of it.
[[nodiscard]] Result<Done> check_ancestry(TicketId ticket, const std::vector<TicketId>& parent_and_ancestors);

/// nullopt: the ticket stands alone again. The caller has made sure that no ring comes of it.
[[nodiscard]] std::vector<domain::TicketEvent> set_parent(domain::Ticket& ticket, const std::optional<TicketId>& parent,
                                                          const Act& act);

/// An admin said whose it is; nullopt: its integration's again, or before: nobody's. The ticket's own fields say
/// nothing of it: whoever stores it stores that, too.
[[nodiscard]] std::vector<domain::TicketEvent> give_to_group(domain::Ticket& ticket,
                                                             const std::optional<ManagementGroupId>& from,
                                                             const std::optional<ManagementGroupId>& to,
                                                             const Act& act);

/// Somebody made a delivery about the ticket due again.
[[nodiscard]] std::vector<domain::TicketEvent> note_retry(domain::Ticket& ticket, DeliveryId delivery,
                                                          ContactId contact, const Act& act);

}  // namespace winnow::tickets
