#include "winnow/signin/states.hpp"

#include <algorithm>
#include <string>

namespace winnow::signin {

namespace {

template <typename State>
std::optional<State> parse(const auto& states, std::string_view word) noexcept
{
    const auto found = std::ranges::find_if(states, [&](State each) { return to_string(each) == word; });
    if (found == states.end()) return std::nullopt;
    return *found;
}

/// @param thing      What the sentence is about: "a user".
/// @param happening  What the event would do to it, in words that follow "cannot be ".
template <typename State, typename Event>
Result<State> next_in(const auto& transitions, State from, Event event, std::string_view thing,
                      std::string_view happening)
{
    const auto found =
        std::ranges::find_if(transitions, [&](const auto& each) { return each.from == from && each.event == event; });
    if (found != transitions.end()) return found->to;
    return Error(ErrorCode::conflict, std::string(thing) + " that is '" + std::string(to_string(from)) +
                                          "' cannot be " + std::string(happening));
}

std::string_view happening_of(UserEvent event) noexcept
{
    switch (event) {
        case UserEvent::accept: return "accepted into the tenant";
        case UserEvent::disable: return "disabled";
        case UserEvent::enable: return "enabled";
        case UserEvent::remove: return "deleted";
    }
    return "changed";
}

std::string_view happening_of(InvitationEvent event) noexcept
{
    switch (event) {
        case InvitationEvent::accept: return "accepted";
        case InvitationEvent::lapse: return "ended by time";
        case InvitationEvent::revoke: return "revoked";
    }
    return "changed";
}

std::string_view happening_of(SignInEvent event) noexcept
{
    switch (event) {
        case SignInEvent::password: return "begun";
        case SignInEvent::complete: return "completed";
        case SignInEvent::end: return "ended";
    }
    return "changed";
}

std::string_view happening_of(FactorEvent event) noexcept
{
    switch (event) {
        case FactorEvent::confirm: return "confirmed";
        case FactorEvent::revoke: return "revoked";
    }
    return "changed";
}

}  // namespace

std::string_view to_string(UserState state) noexcept
{
    switch (state) {
        case UserState::invited: return "invited";
        case UserState::active: return "active";
        case UserState::disabled: return "disabled";
        case UserState::deleted: return "deleted";
    }
    return "deleted";
}

std::string_view to_string(InvitationState state) noexcept
{
    switch (state) {
        case InvitationState::pending: return "pending";
        case InvitationState::accepted: return "accepted";
        case InvitationState::expired: return "expired";
        case InvitationState::revoked: return "revoked";
    }
    return "revoked";
}

std::string_view to_string(SignInState state) noexcept
{
    switch (state) {
        case SignInState::anonymous: return "anonymous";
        case SignInState::password_ok: return "password_ok";
        case SignInState::active: return "active";
        case SignInState::ended: return "ended";
    }
    return "ended";
}

std::string_view to_string(FactorState state) noexcept
{
    switch (state) {
        case FactorState::pending: return "pending";
        case FactorState::active: return "active";
        case FactorState::revoked: return "revoked";
    }
    return "revoked";
}

std::optional<UserState> parse_user_state(std::string_view word) noexcept
{
    return parse<UserState>(kUserStates, word);
}

std::optional<InvitationState> parse_invitation_state(std::string_view word) noexcept
{
    return parse<InvitationState>(kInvitationStates, word);
}

std::optional<SignInState> parse_sign_in_state(std::string_view word) noexcept
{
    return parse<SignInState>(kSignInStates, word);
}

std::optional<FactorState> parse_factor_state(std::string_view word) noexcept
{
    return parse<FactorState>(kFactorStates, word);
}

Result<UserState> next(UserState from, UserEvent event)
{
    return next_in(kUserTransitions, from, event, "a user", happening_of(event));
}

Result<InvitationState> next(InvitationState from, InvitationEvent event)
{
    return next_in(kInvitationTransitions, from, event, "an invitation", happening_of(event));
}

Result<SignInState> next(SignInState from, SignInEvent event)
{
    return next_in(kSignInTransitions, from, event, "a sign-in", happening_of(event));
}

Result<FactorState> next(FactorState from, FactorEvent event)
{
    return next_in(kFactorTransitions, from, event, "a factor", happening_of(event));
}

}  // namespace winnow::signin
