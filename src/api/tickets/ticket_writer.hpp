#pragma once

/// @file
/// What people do to locked tickets: what it depends on is loaded, the tickets module decides, and all of it is stored
/// at once.

#include "api/rest/route.hpp"
#include "winnow/tickets/round.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <span>
#include <variant>

namespace winnow::api {

/// Who calls, and when.
[[nodiscard]] tickets::Act act_of(const Call& call);

/// What a person asks for: a transition, or a JSON Merge Patch of what a ticket shows.
using Wanted = std::variant<tickets::Move, nlohmann::json>;

/// Each ticket as a patch would have it, or why it cannot be read for that one.
using Edits = std::map<TicketId, Result<domain::Ticket>>;

/// What is wanted, as it was read for locked tickets.
using Wishes = std::variant<tickets::Move, Edits>;

/// Pure. A patch is read for each of the tickets here and nowhere else: their rows are locked meanwhile.
[[nodiscard]] Wishes read_wishes(std::span<const domain::Ticket> tickets, const Wanted& wanted);

/// What deciding about it takes; `tickets` as they were read for. As many statements for 500 of them as for one.
[[nodiscard]] Result<tickets::Surroundings> load_surroundings(ports::TenantSession& session,
                                                              std::span<const domain::Ticket> tickets,
                                                              const Wishes& wishes);

/// Pure. Changes `ticket`, which is one of those, and keeps it in the round; tickets::concerns_one_ticket() says
/// whether an error is about this ticket alone, which is then not kept, and may be half changed.
[[nodiscard]] Result<Done> decide(tickets::Round& round, domain::Ticket& ticket, const Wishes& wishes);

/// All of a round's changes, in as many statements for 500 tickets as for one. Where it fails the transaction is
/// broken.
[[nodiscard]] Result<Done> store_changes(ports::TenantSession& session, const tickets::Round& round);

}  // namespace winnow::api
