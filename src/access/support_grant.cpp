#include "winnow/access/support_grant.hpp"

namespace winnow::access {

std::string_view to_string(SupportState state) noexcept
{
    switch (state) {
        case SupportState::requested: return "requested";
        case SupportState::active: return "active";
        case SupportState::refused: return "refused";
        case SupportState::ended: return "ended";
        case SupportState::lapsed: return "lapsed";
    }
    return "ended";
}

std::optional<SupportState> parse_support_state(std::string_view word) noexcept
{
    for (const auto state : kSupportStates) {
        if (word == to_string(state)) return state;
    }
    return std::nullopt;
}

std::optional<SupportState> next(SupportState state, SupportEvent event) noexcept
{
    const bool approves = event == SupportEvent::approve;
    switch (state) {
        case SupportState::requested: return approves ? SupportState::active : SupportState::refused;
        case SupportState::active:
            if (approves) return std::nullopt;
            return SupportState::ended;
        case SupportState::refused:
        case SupportState::ended:
        case SupportState::lapsed: break;
    }
    return std::nullopt;
}

SupportState state_at(SupportState stored, Timestamp lapses_at, std::optional<Timestamp> ends_at,
                      Timestamp now) noexcept
{
    if (stored == SupportState::requested && now >= lapses_at) return SupportState::lapsed;
    if (stored == SupportState::active && (!ends_at || now >= *ends_at)) return SupportState::ended;
    return stored;
}

}  // namespace winnow::access
