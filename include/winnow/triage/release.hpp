#pragma once

/// @file
/// Tickets that were kept quiet, and need be no longer. Pure.

#include "winnow/triage/fold.hpp"

#include <cstdint>
#include <vector>

namespace winnow::triage {

/// What becomes of a quiet ticket that is due.
enum class QuietTurn : std::uint8_t {
    judge,  ///< Something may still cover it; where nothing does it is released.
    park,   ///< It has ended quietly, and people may bring it back: it waits for that.
    leave,  ///< It is gone, or quiet no more.
};

/// As `states` have the ticket.
[[nodiscard]] QuietTurn quiet_turn(const States& states, TicketId ticket);

/// A quiet ticket whose cover has ended, and the alert that was covered.
struct Released {
    TicketId ticket_id;
    AlertId alert_id;
};

/// Lifts the suppression of these tickets and tells: an `opened` event (`"unsuppressed":true`; `reopened` where people
/// know of the ticket), as of a ticket's first alert that nothing suppresses. Tickets that are over or not suppressed
/// are left alone; flapping ones whose trouble is over for the moment recover unheard; held ones lose their
/// suppression, and are told of when they are let go.
[[nodiscard]] Outcome release(const std::vector<Released>& released, States states, Timestamp now);

}  // namespace winnow::triage
