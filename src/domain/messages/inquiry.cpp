#include "winnow/domain/messages/inquiry.hpp"

#include <array>

namespace winnow::domain {

std::string_view to_string(InquiryState state) noexcept
{
    switch (state) {
        case InquiryState::open: return "open";
        case InquiryState::answered: return "answered";
        case InquiryState::closed: return "closed";
    }
    return "closed";
}

std::span<const InquiryState> inquiry_states() noexcept
{
    static constexpr std::array kStates{InquiryState::open, InquiryState::answered, InquiryState::closed};
    return kStates;
}

std::optional<InquiryState> parse_inquiry_state(std::string_view word) noexcept
{
    for (const auto state : inquiry_states()) {
        if (word == to_string(state)) return state;
    }
    return std::nullopt;
}

std::optional<InquiryState> next(InquiryState state, InquiryEvent event) noexcept
{
    if (state == InquiryState::closed) return std::nullopt;
    switch (event) {
        case InquiryEvent::ask: return InquiryState::open;
        case InquiryEvent::answer: return InquiryState::answered;
        case InquiryEvent::close: return InquiryState::closed;
    }
    return std::nullopt;
}

std::string_view to_string(InquirySide side) noexcept
{
    switch (side) {
        case InquirySide::tenant: return "tenant";
        case InquirySide::provider: return "provider";
    }
    return "provider";
}

}  // namespace winnow::domain
