#pragma once

/// @file
/// Notifications as they come to be owed: a notice once, however many are told.

#include "winnow/base/uuid.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace winnow::domain {

/// What is owed because of one ticket event: a notice, and a domain::Delivery for each recipient. A route of hundreds
/// of contacts must not hold its message hundreds of times.
struct Owed {
    struct Recipient {
        DeliveryId id;
        ContactId contact_id;
    };

    TicketId ticket_id;
    std::int32_t event_seq = 0;
    std::string event_kind;       ///< "opened", "reopened", "recovered", …
    std::string payload;          ///< The notice: what routing::render_payload() gives. Channels render it.
    std::string public_url = {};  ///< Where its links lead; "" : it has none.
    std::vector<Recipient> to;
    std::uint32_t left_out = 0;  ///< Further contacts of the route, beyond what one event may tell.
};

}  // namespace winnow::domain
