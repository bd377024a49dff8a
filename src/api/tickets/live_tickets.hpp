#pragma once

/// @file
/// The tickets that are live now: for what asks which of them a condition finds (tickets::alert_of).

#include "winnow/base/result.hpp"
#include "winnow/domain/ticket.hpp"
#include "winnow/ports/ticket_store.hpp"

#include <cstddef>
#include <functional>

namespace winnow::api {

inline constexpr std::size_t kMaxLiveTickets = 10'000;

/// Newest first, at most kMaxLiveTickets; false where there are more.
[[nodiscard]] Result<bool> for_live_tickets(ports::TicketStore& tickets,
                                            const std::function<void(const domain::Ticket&)>& visit);

}  // namespace winnow::api
