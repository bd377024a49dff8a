#include "winnow/tickets/episode.hpp"

#include "winnow/tickets/transitions.hpp"

#include <cassert>

namespace winnow::tickets {

namespace {

using domain::TicketEventKind;
using enum domain::TicketState;

bool may_reopen(const TicketCore& ticket, Timestamp at, std::chrono::milliseconds window) noexcept
{
    if (is_live(ticket.state)) return true;  // no other may have its key
    const auto& ended_at = ticket.state == closed && ticket.closed_at ? ticket.closed_at : ticket.recovered_at;
    return at - ended_at.value_or(ticket.last_seen_at) <= window;
}

bool is_over(const TicketCore& ticket) noexcept
{
    return domain::is_over(ticket.state, ticket.recovered_at);
}

/// What is left of it when the ticket is held no longer.
Restraint after_hold(const Restraint& restraint) noexcept
{
    return {.never_told = restraint.never_told, .flapping = restraint.flapping};
}

}  // namespace

Arrival arrival_at(const TicketCore* latest, Timestamp at, std::chrono::milliseconds reopen_window) noexcept
{
    if (latest == nullptr) return Arrival::opens;
    if (!is_over(*latest)) return Arrival::joins;
    return may_reopen(*latest, at, reopen_window) ? Arrival::reopens : Arrival::opens;
}

bool acknowledge(TicketCore& ticket, Timestamp at) noexcept
{
    if (ticket.state != open) return false;
    move(ticket, in_progress, Mover::machine, at);
    return true;
}

void reopen(TicketCore& ticket, Timestamp at) noexcept
{
    ticket.restraint = {.never_told = ticket.restraint.never_told};
    move(ticket, open, Mover::machine, at);
}

void hold(TicketCore& ticket, const Restraint& restraint, Timestamp at) noexcept
{
    ticket.restraint = restraint;
    move(ticket, held, Mover::machine, at);
}

void let_go(TicketCore& ticket, Timestamp at) noexcept
{
    move(ticket, open, Mover::machine, at);
    ticket.restraint = after_hold(ticket.restraint);
}

bool has_trouble(const TicketCore& ticket) noexcept
{
    return ticket.state == held || (ticket.restraint.flapping == Flapping::no && !is_over(ticket));
}

Ending end_trouble(TicketCore& ticket, Timestamp at) noexcept
{
    if (ticket.state == held) {
        give_up(ticket, at);
        return Ending::unheard;
    }
    if (ticket.restraint.flapping != Flapping::no) {
        ticket.restraint.flapping = Flapping::resolved;
        return Ending::noted;
    }
    if (is_over(ticket)) return Ending::nothing;
    if (ticket.state == open || ticket.state == in_progress) {
        move(ticket, recovered, Mover::machine, at);
    } else {
        ticket.recovered_at = at;  // people are closing it
    }
    return Ending::over;
}

void give_up(TicketCore& ticket, Timestamp at) noexcept
{
    if (const auto before = ticket.restraint.from) {
        assert(find_transition(ticket.state, *before, Mover::machine, false));
        ticket.state = *before;  // and its times are still those of that episode
    } else {
        move(ticket, closed, Mover::machine, at);
    }
    ticket.restraint = after_hold(ticket.restraint);
}

std::string_view to_string(Flapping flapping) noexcept
{
    switch (flapping) {
        case Flapping::no: return "";
        case Flapping::firing: return "firing";
        case Flapping::resolved: return "resolved";
    }
    return "";
}

std::optional<Flapping> parse_flapping(std::string_view word) noexcept
{
    for (const auto flapping : {Flapping::no, Flapping::firing, Flapping::resolved}) {
        if (word == to_string(flapping)) return flapping;
    }
    return std::nullopt;
}

bool is_heard(const TicketCore& ticket) noexcept
{
    return !ticket.suppressed && ticket.state != held && ticket.restraint.flapping == Flapping::no;
}

TicketEventKind begun(const TicketCore& ticket) noexcept
{
    return ticket.restraint.never_told ? TicketEventKind::opened : TicketEventKind::reopened;
}

std::optional<TicketEventKind> tell(TicketCore& ticket, TicketEventKind kind) noexcept
{
    auto& never_told = ticket.restraint.never_told;
    if (!never_told) return kind;
    if (kind == TicketEventKind::recovered) return std::nullopt;
    never_told = false;
    return TicketEventKind::opened;
}

}  // namespace winnow::tickets
