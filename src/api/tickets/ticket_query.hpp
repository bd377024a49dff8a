#pragma once

/// @file
/// The query parameters of the ticket lists.

#include "api/rest/page.hpp"
#include "winnow/access/permission.hpp"
#include "winnow/base/result.hpp"
#include "winnow/http/message.hpp"
#include "winnow/ports/ticket_store.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace winnow::api {

/// What the lists hold where no state is asked for, and what counts as unfinished: all but `held` and `closed`.
[[nodiscard]] bool is_shown(domain::TicketState state) noexcept;
[[nodiscard]] const std::vector<domain::TicketState>& shown_states();

/// state, severity, service, assignee, label.*, q, from, to. `who` is what `assignee=me` stands for. Without `state`
/// the filter's states stay empty.
[[nodiscard]] Result<ports::TicketFilter> ticket_filter(const http::RequestHead& head, const access::Principal& who);

/// A filter, its order and the place to go on from.
struct TicketListRequest {
    ports::TicketFilter filter;
    ports::TicketOrder order = ports::TicketOrder::newest;
    std::optional<ports::TicketCursor> after;
};

/// How many parts a ticket list's cursor has.
inline constexpr std::size_t kTicketCursorParts = 5;

/// ticket_filter() with shown_states(), sort and cursor (as page_request() read it). A cursor only fits the sort that
/// gave it.
[[nodiscard]] Result<TicketListRequest> ticket_list_request(const http::RequestHead& head, const access::Principal& who,
                                                            const Cursor& cursor);

/// The place after a ticket.
[[nodiscard]] ports::TicketCursor place_of(const domain::Ticket& ticket);

/// The cursor of the page that begins at the place, and of the one after `last`.
[[nodiscard]] Cursor ticket_cursor(ports::TicketOrder order, const ports::TicketCursor& place);
[[nodiscard]] Cursor ticket_cursor(ports::TicketOrder order, const domain::Ticket& last);

}  // namespace winnow::api
