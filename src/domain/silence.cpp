#include "winnow/domain/silence.hpp"

#include "winnow/domain/words.hpp"

#include <array>

namespace winnow::domain {

std::string_view to_string(SilenceState state) noexcept
{
    switch (state) {
        case SilenceState::pending: return "pending";
        case SilenceState::active: return "active";
        case SilenceState::expired: return "expired";
    }
    return "expired";
}

std::span<const SilenceState> silence_states() noexcept
{
    static constexpr std::array kStates{SilenceState::pending, SilenceState::active, SilenceState::expired};
    return kStates;
}

std::optional<SilenceState> parse_silence_state(std::string_view word) noexcept
{
    for (const auto state : silence_states()) {
        if (word == to_string(state)) return state;
    }
    return std::nullopt;
}

SilenceState state_of(const Silence& silence, Timestamp now) noexcept
{
    if (now >= silence.ends_at) return SilenceState::expired;
    return now < silence.starts_at ? SilenceState::pending : SilenceState::active;
}

std::string_view to_string(QuietKind kind) noexcept
{
    switch (kind) {
        case QuietKind::silence: return "silence";
        case QuietKind::maintenance_window: return "maintenance_window";
        case QuietKind::inhibition: return "inhibition";
    }
    return "silence";
}

std::optional<QuietKind> parse_quiet_kind(std::string_view word) noexcept
{
    for (const auto kind : {QuietKind::silence, QuietKind::maintenance_window, QuietKind::inhibition}) {
        if (word == to_string(kind)) return kind;
    }
    return std::nullopt;
}

}  // namespace winnow::domain
