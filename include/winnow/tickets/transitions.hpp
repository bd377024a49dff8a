#pragma once

/// @file
/// The state machine of tickets, as one table: who may move a ticket from where to where, what becomes of its times,
/// and what its timeline calls it. docs/tickets.md draws it. Pure.

#include "winnow/base/error.hpp"
#include "winnow/base/time.hpp"
#include "winnow/domain/ticket.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace winnow::tickets {

/// Who moves a ticket: a person, or alerts and the time that passes.
enum class Mover : std::uint8_t { person, machine };

/// One line of the table.
struct Transition {
    domain::TicketState from;
    domain::TicketState to;
    bool by_person = false;
    bool by_machine = false;
    /// A person's, where the tenant's setting is this; nullopt: whatever it is.
    std::optional<bool> close_approval = {};
    /// What the timeline calls it. Of the machine's, `reopened` is `opened` while nobody has heard of the ticket, and
    /// back from `held` the end of the trouble is `recovered` wherever the ticket ends.
    domain::TicketEventKind kind = domain::TicketEventKind::state_changed;
};

/// Each pair of states once. Those that a state leads to stand in the order in which refusals name them.
[[nodiscard]] std::span<const Transition> transitions() noexcept;

/// The line of the table; nullptr where this mover may not go there.
[[nodiscard]] const Transition* find_transition(domain::TicketState from, domain::TicketState to, Mover by,
                                                bool close_approval) noexcept;

/// The states a person may move a ticket to from `from`. `close_approval` is the tenant's setting.
[[nodiscard]] std::vector<domain::TicketState> allowed_transitions(domain::TicketState from, bool close_approval);

/// `conflict`, in words that name the states that are allowed instead.
[[nodiscard]] Error not_allowed(domain::TicketState from, domain::TicketState to, bool close_approval);

/// Where a ticket stands, and since when.
struct Standing {
    domain::TicketState state = domain::TicketState::open;
    std::optional<Timestamp> acknowledged_at = {};
    std::optional<Timestamp> recovered_at = {};
    std::optional<Timestamp> closed_at = {};

    friend bool operator==(const Standing&, const Standing&) = default;
};

/// The standing after a move at `at`. A time is kept exactly as long as what it tells of still holds: open, nothing has
/// happened yet; in progress, the trouble goes on. The first acknowledgement counts, and of an end the moment when it
/// was noticed. A person who moves a held ticket begins its episode: its times are of the one before.
[[nodiscard]] Standing moved(Standing standing, domain::TicketState to, Mover by, Timestamp at) noexcept;

/// The same, of a domain::Ticket or a TicketCore in place.
template <typename Ticket>
void move(Ticket& ticket, domain::TicketState to, Mover by, Timestamp at) noexcept
{
    const auto after = moved({.state = ticket.state,
                              .acknowledged_at = ticket.acknowledged_at,
                              .recovered_at = ticket.recovered_at,
                              .closed_at = ticket.closed_at},
                             to, by, at);
    ticket.state = after.state;
    ticket.acknowledged_at = after.acknowledged_at;
    ticket.recovered_at = after.recovered_at;
    ticket.closed_at = after.closed_at;
}

}  // namespace winnow::tickets
