#pragma once

/// @file
/// What a user, an invitation, a sign-in and a factor may become, and by what: a table each. What a table does not list
/// cannot happen.

#include "winnow/base/result.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace winnow::signin {

/// One line of such a table.
template <typename State, typename Event>
struct Transition {
    State from;
    Event event;
    State to;
};

/// Stored by name: never rename one.
enum class UserState : std::uint8_t {
    invited,  ///< Has accepted no invitation yet: cannot sign in.
    active,
    disabled,
    deleted,  ///< Only the id is left, so that what was done can be told apart.
};
enum class UserEvent : std::uint8_t { accept, disable, enable, remove };

inline constexpr std::array kUserStates{UserState::invited, UserState::active, UserState::disabled, UserState::deleted};
inline constexpr std::array kUserEvents{UserEvent::accept, UserEvent::disable, UserEvent::enable, UserEvent::remove};
inline constexpr std::array kUserTransitions{
    Transition{UserState::invited, UserEvent::accept, UserState::active},
    Transition{UserState::invited, UserEvent::remove, UserState::deleted},  // who never came
    Transition{UserState::active, UserEvent::disable, UserState::disabled},
    Transition{UserState::disabled, UserEvent::enable, UserState::active},
    Transition{UserState::disabled, UserEvent::remove, UserState::deleted},
};

/// Stored by name: never rename one.
enum class InvitationState : std::uint8_t { pending, accepted, expired, revoked };
enum class InvitationEvent : std::uint8_t {
    accept,
    lapse,   ///< Its time is over.
    revoke,  ///< By an admin, or because the same address was invited anew.
};

inline constexpr std::array kInvitationStates{InvitationState::pending, InvitationState::accepted,
                                              InvitationState::expired, InvitationState::revoked};
inline constexpr std::array kInvitationEvents{InvitationEvent::accept, InvitationEvent::lapse, InvitationEvent::revoke};
inline constexpr std::array kInvitationTransitions{
    Transition{InvitationState::pending, InvitationEvent::accept, InvitationState::accepted},
    Transition{InvitationState::pending, InvitationEvent::lapse, InvitationState::expired},
    Transition{InvitationState::pending, InvitationEvent::revoke, InvitationState::revoked},
};

/// Of a session; `anonymous` is who has none. At each transition but the last the token is a new one. Stored by name:
/// never rename one.
enum class SignInState : std::uint8_t {
    anonymous,
    password_ok,  ///< May show the second factor, or enrol one, and nothing else; for kPasswordOkFor.
    active,
    ended,
};
enum class SignInEvent : std::uint8_t {
    password,  ///< The right password, where a second factor is still to come.
    complete,  ///< The last thing that was asked for was right.
    end,       ///< See endings.hpp; the clock, too.
};

inline constexpr std::array kSignInStates{SignInState::anonymous, SignInState::password_ok, SignInState::active,
                                          SignInState::ended};
inline constexpr std::array kSignInEvents{SignInEvent::password, SignInEvent::complete, SignInEvent::end};
inline constexpr std::array kSignInTransitions{
    Transition{SignInState::anonymous, SignInEvent::password, SignInState::password_ok},
    Transition{SignInState::anonymous, SignInEvent::complete, SignInState::active},  // no second factor is asked for
    Transition{SignInState::password_ok, SignInEvent::complete, SignInState::active},
    Transition{SignInState::password_ok, SignInEvent::end, SignInState::ended},
    Transition{SignInState::active, SignInEvent::end, SignInState::ended},
};

/// Stored by name: never rename one.
enum class FactorState : std::uint8_t {
    pending,  ///< Shown to its user, who has not proven yet to have kept it.
    active,
    revoked,
};
enum class FactorEvent : std::uint8_t {
    confirm,  ///< A right code.
    revoke,
};

inline constexpr std::array kFactorStates{FactorState::pending, FactorState::active, FactorState::revoked};
inline constexpr std::array kFactorEvents{FactorEvent::confirm, FactorEvent::revoke};
inline constexpr std::array kFactorTransitions{
    Transition{FactorState::pending, FactorEvent::confirm, FactorState::active},
    Transition{FactorState::pending, FactorEvent::revoke, FactorState::revoked},  // given up, or begun anew
    Transition{FactorState::active, FactorEvent::revoke, FactorState::revoked},
};

[[nodiscard]] std::string_view to_string(UserState state) noexcept;
[[nodiscard]] std::string_view to_string(InvitationState state) noexcept;
[[nodiscard]] std::string_view to_string(SignInState state) noexcept;
[[nodiscard]] std::string_view to_string(FactorState state) noexcept;

[[nodiscard]] std::optional<UserState> parse_user_state(std::string_view word) noexcept;
[[nodiscard]] std::optional<InvitationState> parse_invitation_state(std::string_view word) noexcept;
[[nodiscard]] std::optional<SignInState> parse_sign_in_state(std::string_view word) noexcept;
[[nodiscard]] std::optional<FactorState> parse_factor_state(std::string_view word) noexcept;

/// What becomes of it; `conflict`, in words for who asked, where the table has no such line.
[[nodiscard]] Result<UserState> next(UserState from, UserEvent event);
[[nodiscard]] Result<InvitationState> next(InvitationState from, InvitationEvent event);
[[nodiscard]] Result<SignInState> next(SignInState from, SignInEvent event);
[[nodiscard]] Result<FactorState> next(FactorState from, FactorEvent event);

}  // namespace winnow::signin
