#pragma once

/// @file
/// The tickets that are live now, as alerts: for what asks which of them a condition finds.

#include "winnow/base/result.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/ticket.hpp"
#include "winnow/ports/ticket_store.hpp"

#include <cstddef>
#include <functional>

namespace winnow::api {

inline constexpr std::size_t kMaxLiveTickets = 10'000;

/// What of a ticket's alerts is left on the ticket.
[[nodiscard]] domain::Alert alert_of(const domain::Ticket& ticket);

/// Newest first, at most kMaxLiveTickets; false where there are more.
[[nodiscard]] Result<bool> for_live_tickets(ports::TicketStore& tickets,
                                            const std::function<void(const domain::Ticket&)>& visit);

}  // namespace winnow::api
