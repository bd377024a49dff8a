#include "winnow/tickets/transitions.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace winnow::tickets {

namespace {

using domain::TicketEventKind;
using domain::TicketState;
using enum domain::TicketState;

constexpr bool kPerson = true;
constexpr bool kMachine = true;
constexpr std::optional<bool> kEither = std::nullopt;

constexpr std::array kTransitions{
    // from, to, by a person, by the machine, close approval
    Transition{held, open, kPerson, kMachine},
    Transition{held, recovered, !kPerson, kMachine, kEither, TicketEventKind::recovered},
    Transition{held, close_requested, kPerson, !kMachine, true},
    Transition{held, closed, kPerson, kMachine, false},

    Transition{open, in_progress, kPerson, kMachine, kEither, TicketEventKind::acknowledged},
    Transition{open, recovered, kPerson, kMachine, kEither, TicketEventKind::recovered},
    Transition{open, close_requested, kPerson, !kMachine, true},
    Transition{open, closed, kPerson, !kMachine, false},

    Transition{in_progress, open, kPerson, !kMachine},
    Transition{in_progress, recovered, kPerson, kMachine, kEither, TicketEventKind::recovered},
    Transition{in_progress, close_requested, kPerson, !kMachine, true},
    Transition{in_progress, closed, kPerson, !kMachine, false},

    Transition{recovered, held, !kPerson, kMachine, kEither, TicketEventKind::reopened},
    Transition{recovered, open, kPerson, kMachine, kEither, TicketEventKind::reopened},
    Transition{recovered, in_progress, kPerson, !kMachine, kEither, TicketEventKind::reopened},
    Transition{recovered, close_requested, kPerson, !kMachine, true, TicketEventKind::reopened},
    Transition{recovered, closed, kPerson, !kMachine, false},

    Transition{close_requested, held, !kPerson, kMachine, kEither, TicketEventKind::reopened},
    Transition{close_requested, open, !kPerson, kMachine, kEither, TicketEventKind::reopened},
    Transition{close_requested, returned, kPerson, !kMachine},
    Transition{close_requested, closed, kPerson, !kMachine},

    Transition{returned, held, !kPerson, kMachine, kEither, TicketEventKind::reopened},
    Transition{returned, open, !kPerson, kMachine, kEither, TicketEventKind::reopened},
    Transition{returned, in_progress, kPerson, !kMachine},
    Transition{returned, recovered, kPerson, !kMachine, kEither, TicketEventKind::recovered},
    Transition{returned, close_requested, kPerson, !kMachine},

    Transition{closed, held, !kPerson, kMachine, kEither, TicketEventKind::reopened},
    Transition{closed, open, kPerson, kMachine, kEither, TicketEventKind::reopened},
};

void forget_times(Standing& standing) noexcept
{
    standing.acknowledged_at.reset();
    standing.recovered_at.reset();
    standing.closed_at.reset();
}

}  // namespace

std::span<const Transition> transitions() noexcept
{
    return kTransitions;
}

const Transition* find_transition(TicketState from, TicketState to, Mover by, bool close_approval) noexcept
{
    const auto found =
        std::ranges::find_if(kTransitions, [&](const Transition& each) { return each.from == from && each.to == to; });
    if (found == kTransitions.end()) return nullptr;
    if (by == Mover::machine) return found->by_machine ? &*found : nullptr;
    return found->by_person && found->close_approval.value_or(close_approval) == close_approval ? &*found : nullptr;
}

std::vector<TicketState> allowed_transitions(TicketState from, bool close_approval)
{
    std::vector<TicketState> allowed;
    for (const auto& each : kTransitions) {
        if (find_transition(from, each.to, Mover::person, close_approval) == &each) allowed.push_back(each.to);
    }
    return allowed;
}

Error not_allowed(TicketState from, TicketState to, bool close_approval)
{
    const auto allowed = allowed_transitions(from, close_approval);
    std::string text = "a ticket that is '" + std::string(to_string(from)) + "' cannot be moved to '" +
                       std::string(to_string(to)) + "'; allowed: ";
    if (allowed.empty()) text += "none";
    for (std::size_t i = 0; i < allowed.size(); ++i) {
        if (i > 0) text += ", ";
        text += to_string(allowed[i]);
    }
    return {ErrorCode::conflict, std::move(text)};
}

Standing moved(Standing standing, TicketState to, Mover by, Timestamp at) noexcept
{
    if (standing.state == held && by == Mover::person) forget_times(standing);
    standing.state = to;
    switch (to) {
        case open: forget_times(standing); break;
        case in_progress:
            if (!standing.acknowledged_at) standing.acknowledged_at = at;
            standing.recovered_at.reset();
            standing.closed_at.reset();
            break;
        case recovered:
            if (!standing.recovered_at) standing.recovered_at = at;  // else its end was noticed before
            break;
        case closed: standing.closed_at = at; break;
        case held:
        case close_requested:
        case returned: break;
    }
    return standing;
}

}  // namespace winnow::tickets
