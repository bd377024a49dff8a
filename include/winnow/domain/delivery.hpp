#pragma once

/// @file
/// A notification that is owed: the outbox row, and the ledger of what became of it.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::domain {

/// Stored by name: do not rename.
enum class DeliveryState : std::uint8_t {
    pending,  ///< Due at `next_attempt_at`.
    sending,  ///< Claimed by a node until `lease_until`.
    delivered,
    dead,        ///< Given up: shown, kept, can be retried by hand.
    cancelled,   ///< The contact was deleted or disabled before it was told.
    superseded,  ///< Overtaken, before it got through, by a later message about the same ticket.
};

[[nodiscard]] std::string_view to_string(DeliveryState state) noexcept;
[[nodiscard]] std::optional<DeliveryState> parse_delivery_state(std::string_view word) noexcept;

/// What is owed to one contact because of one ticket event. The id is the webhook-id and the Message-ID of every
/// attempt, so that a receiver can drop repeats.
struct Delivery {
    DeliveryId id;
    TicketId ticket_id;
    std::int32_t event_seq = 0;  ///< The ticket event it tells of; unique with ticket and contact.
    std::string event_kind;      ///< "opened", "reopened", "recovered", …
    ContactId contact_id;
    DeliveryState state = DeliveryState::pending;
    std::int32_t attempts = 0;
    Timestamp created_at;
    Timestamp next_attempt_at;
    std::optional<Timestamp> finished_at;
    std::string last_error;        ///< Tenant-safe; "" when there was none.
    std::int32_t last_status = 0;  ///< HTTP or SMTP reply code of the last attempt, 0 if there was none.
    std::optional<DeliveryId> superseded_by = {};  ///< What overtook it.
    /// JSON object: its event's notice, and what this contact had not heard before. "": that is stored no more.
    std::string payload;
};

}  // namespace winnow::domain
