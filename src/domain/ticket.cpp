#include "winnow/domain/ticket.hpp"

#include <array>

namespace winnow::domain {

namespace {

constexpr std::array kStates{TicketState::held,
                             TicketState::open,
                             TicketState::in_progress,
                             TicketState::recovered,
                             TicketState::close_requested,
                             TicketState::returned,
                             TicketState::closed};

constexpr std::array kKinds{TicketEventKind::opened,
                            TicketEventKind::reopened,
                            TicketEventKind::severity_changed,
                            TicketEventKind::acknowledged,
                            TicketEventKind::recovered,
                            TicketEventKind::state_changed,
                            TicketEventKind::assigned,
                            TicketEventKind::edited,
                            TicketEventKind::commented,
                            TicketEventKind::notified,
                            TicketEventKind::notification_failed,
                            TicketEventKind::parent_changed,
                            TicketEventKind::notification_retried,
                            TicketEventKind::flapping_started,
                            TicketEventKind::flapping_settled};

template <typename Values>
auto by_name(const Values& values, std::string_view word) noexcept -> std::optional<typename Values::value_type>
{
    for (const auto value : values) {
        if (word == to_string(value)) return value;
    }
    return std::nullopt;
}

}  // namespace

std::span<const TicketState> ticket_states() noexcept
{
    return kStates;
}

std::string_view to_string(TicketState state) noexcept
{
    switch (state) {
        case TicketState::held: return "held";
        case TicketState::open: return "open";
        case TicketState::in_progress: return "in_progress";
        case TicketState::recovered: return "recovered";
        case TicketState::close_requested: return "close_requested";
        case TicketState::returned: return "returned";
        case TicketState::closed: return "closed";
    }
    return "open";
}

std::optional<TicketState> parse_ticket_state(std::string_view word) noexcept
{
    return by_name(kStates, word);
}

bool is_live(TicketState state) noexcept
{
    return state != TicketState::recovered && state != TicketState::closed;
}

bool is_over(TicketState state, const std::optional<Timestamp>& recovered_at) noexcept
{
    if (!is_live(state)) return true;
    return recovered_at && (state == TicketState::close_requested || state == TicketState::returned);
}

std::string_view to_string(TicketEventKind kind) noexcept
{
    switch (kind) {
        case TicketEventKind::opened: return "opened";
        case TicketEventKind::reopened: return "reopened";
        case TicketEventKind::severity_changed: return "severity_changed";
        case TicketEventKind::acknowledged: return "acknowledged";
        case TicketEventKind::recovered: return "recovered";
        case TicketEventKind::state_changed: return "state_changed";
        case TicketEventKind::assigned: return "assigned";
        case TicketEventKind::edited: return "edited";
        case TicketEventKind::commented: return "commented";
        case TicketEventKind::notified: return "notified";
        case TicketEventKind::notification_failed: return "notification_failed";
        case TicketEventKind::parent_changed: return "parent_changed";
        case TicketEventKind::notification_retried: return "notification_retried";
        case TicketEventKind::flapping_started: return "flapping_started";
        case TicketEventKind::flapping_settled: return "flapping_settled";
    }
    return "edited";
}

std::optional<TicketEventKind> parse_ticket_event_kind(std::string_view word) noexcept
{
    return by_name(kKinds, word);
}

}  // namespace winnow::domain
