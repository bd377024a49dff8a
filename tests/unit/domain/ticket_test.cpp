#include "winnow/domain/ticket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace winnow::domain {

namespace {

using enum TicketState;
using testing::UnorderedElementsAre;

constexpr TicketState kStates[] = {held, open, in_progress, recovered, close_requested, returned, closed};

}  // namespace

TEST(TicketState, WordsRoundTrip)
{
    for (const auto state : kStates) EXPECT_EQ(parse_ticket_state(to_string(state)), state);
    for (const auto* word : {"", "Open", "in progress", "resolved"}) EXPECT_EQ(parse_ticket_state(word), std::nullopt);
}

TEST(TicketState, IsLiveUntilItRecoversOrCloses)
{
    for (const auto state : kStates)
        EXPECT_EQ(is_live(state), state != recovered && state != closed) << to_string(state);
}

TEST(TicketState, IsOverOnceItsTroubleHasEndedWhoeverStillWorksOnIt)
{
    for (const auto state : kStates) {
        EXPECT_EQ(is_over(state, std::nullopt), !is_live(state)) << to_string(state);
        EXPECT_EQ(is_over(state, Timestamp{}), !is_live(state) || state == close_requested || state == returned)
            << to_string(state);
    }
}

TEST(TicketTransitions, WithoutApprovalCloseDirectly)
{
    EXPECT_THAT(allowed_transitions(held, false), UnorderedElementsAre(open, closed));
    EXPECT_THAT(allowed_transitions(open, false), UnorderedElementsAre(in_progress, recovered, closed));
    EXPECT_THAT(allowed_transitions(in_progress, false), UnorderedElementsAre(open, recovered, closed));
    EXPECT_THAT(allowed_transitions(recovered, false), UnorderedElementsAre(open, in_progress, closed));
    EXPECT_THAT(allowed_transitions(closed, false), UnorderedElementsAre(open));
}

TEST(TicketTransitions, WithApprovalTakeASecondStep)
{
    for (const auto state : {held, open, in_progress, recovered, returned}) {
        const auto next = allowed_transitions(state, true);
        EXPECT_THAT(next, testing::Contains(close_requested)) << to_string(state);
        EXPECT_THAT(next, testing::Not(testing::Contains(closed))) << to_string(state);
    }
    EXPECT_THAT(allowed_transitions(close_requested, true), UnorderedElementsAre(returned, closed));
}

TEST(TicketTransitions, NeverLeadToWhereTheyStartOrToHeld)
{
    for (const auto from : kStates) {
        for (const bool approval : {false, true}) {
            const auto next = allowed_transitions(from, approval);
            EXPECT_THAT(next, testing::Not(testing::Contains(from)));
            EXPECT_THAT(next, testing::Not(testing::Contains(held)));
        }
    }
}

TEST(TicketEventKind, WordsRoundTrip)
{
    for (int i = 0; i <= static_cast<int>(TicketEventKind::flapping_settled); ++i) {
        const auto kind = static_cast<TicketEventKind>(i);
        EXPECT_EQ(parse_ticket_event_kind(to_string(kind)), kind);
    }
    EXPECT_EQ(parse_ticket_event_kind("exploded"), std::nullopt);
}

}  // namespace winnow::domain
