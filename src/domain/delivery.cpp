#include "winnow/domain/delivery.hpp"

#include "winnow/domain/words.hpp"

#include <array>

namespace winnow::domain {

std::string_view to_string(DeliveryState state) noexcept
{
    switch (state) {
        case DeliveryState::pending: return "pending";
        case DeliveryState::sending: return "sending";
        case DeliveryState::delivered: return "delivered";
        case DeliveryState::dead: return "dead";
        case DeliveryState::cancelled: return "cancelled";
        case DeliveryState::superseded: return "superseded";
    }
    return "pending";
}

std::span<const DeliveryState> delivery_states() noexcept
{
    using enum DeliveryState;
    static constexpr std::array kStates{pending, sending, delivered, dead, cancelled, superseded};
    return kStates;
}

std::optional<DeliveryState> parse_delivery_state(std::string_view word) noexcept
{
    for (const auto state : delivery_states()) {
        if (word == to_string(state)) return state;
    }
    return std::nullopt;
}

}  // namespace winnow::domain
