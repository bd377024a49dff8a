#include "winnow/domain/delivery.hpp"

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

std::optional<DeliveryState> parse_delivery_state(std::string_view word) noexcept
{
    for (const auto state : {DeliveryState::pending, DeliveryState::sending, DeliveryState::delivered,
                             DeliveryState::dead, DeliveryState::cancelled, DeliveryState::superseded}) {
        if (word == to_string(state)) return state;
    }
    return std::nullopt;
}

}  // namespace winnow::domain
