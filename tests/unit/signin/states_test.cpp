#include "winnow/signin/states.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

namespace winnow::signin {
namespace {

/// Tries every pair of a state and an event: what is expected is listed, and nothing else may happen.
template <typename State, typename Event>
void expect_only(const auto& states, const auto& events, const std::map<std::pair<State, Event>, State>& expected)
{
    std::size_t happened = 0;
    for (const State from : states) {
        for (const Event event : events) {
            const auto place = std::string(to_string(from)) + ", event " + std::to_string(static_cast<int>(event));
            const auto to = next(from, event);
            const auto wanted = expected.find({from, event});
            if (wanted == expected.end()) {
                ASSERT_FALSE(to) << place;
                EXPECT_EQ(to.error().code(), ErrorCode::conflict) << place;
                EXPECT_TRUE(to.error().message().contains(to_string(from))) << to.error().message();
            } else {
                ASSERT_TRUE(to) << place;
                EXPECT_EQ(*to, wanted->second) << place;
                ++happened;
            }
        }
    }
    EXPECT_EQ(happened, expected.size());
}

TEST(States, AUserIsInvitedActiveDisabledAndDeletedInThatOrder)
{
    using enum UserState;
    expect_only<UserState, UserEvent>(kUserStates, kUserEvents,
                                      {{{invited, UserEvent::accept}, active},
                                       {{invited, UserEvent::remove}, deleted},
                                       {{active, UserEvent::disable}, disabled},
                                       {{disabled, UserEvent::enable}, active},
                                       {{disabled, UserEvent::remove}, deleted}});
}

TEST(States, AnInvitationIsOverAfterItsFirstEvent)
{
    using enum InvitationState;
    expect_only<InvitationState, InvitationEvent>(kInvitationStates, kInvitationEvents,
                                                  {{{pending, InvitationEvent::accept}, accepted},
                                                   {{pending, InvitationEvent::lapse}, expired},
                                                   {{pending, InvitationEvent::revoke}, revoked}});
}

TEST(States, ASignInNeverComesBack)
{
    using enum SignInState;
    expect_only<SignInState, SignInEvent>(kSignInStates, kSignInEvents,
                                          {{{anonymous, SignInEvent::password}, password_ok},
                                           {{anonymous, SignInEvent::complete}, active},
                                           {{password_ok, SignInEvent::complete}, active},
                                           {{password_ok, SignInEvent::end}, ended},
                                           {{active, SignInEvent::end}, ended}});
}

TEST(States, AFactorThatWasRevokedStaysSo)
{
    using enum FactorState;
    expect_only<FactorState, FactorEvent>(kFactorStates, kFactorEvents,
                                          {{{pending, FactorEvent::confirm}, active},
                                           {{pending, FactorEvent::revoke}, revoked},
                                           {{active, FactorEvent::revoke}, revoked}});
}

TEST(States, AreStoredByNamesThatAreReadBack)
{
    for (const auto state : kUserStates) EXPECT_EQ(parse_user_state(to_string(state)), state);
    for (const auto state : kInvitationStates) EXPECT_EQ(parse_invitation_state(to_string(state)), state);
    for (const auto state : kSignInStates) EXPECT_EQ(parse_sign_in_state(to_string(state)), state);
    for (const auto state : kFactorStates) EXPECT_EQ(parse_factor_state(to_string(state)), state);
    for (const auto* const none : {"", "Active", "active ", "gone"}) {
        EXPECT_EQ(parse_user_state(none), std::nullopt);
        EXPECT_EQ(parse_invitation_state(none), std::nullopt);
        EXPECT_EQ(parse_sign_in_state(none), std::nullopt);
        EXPECT_EQ(parse_factor_state(none), std::nullopt);
    }
}

TEST(States, WhatIsRefusedIsSaidInWords)
{
    EXPECT_EQ(next(UserState::active, UserEvent::remove).error().message(),
              "a user that is 'active' cannot be deleted");
}

}  // namespace
}  // namespace winnow::signin
