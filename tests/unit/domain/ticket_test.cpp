#include "winnow/domain/ticket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace winnow::domain {

namespace {

using enum TicketState;

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

TEST(TicketEventKind, WordsRoundTrip)
{
    for (int i = 0; i <= static_cast<int>(TicketEventKind::flapping_settled); ++i) {
        const auto kind = static_cast<TicketEventKind>(i);
        EXPECT_EQ(parse_ticket_event_kind(to_string(kind)), kind);
    }
    EXPECT_EQ(parse_ticket_event_kind("exploded"), std::nullopt);
}

}  // namespace winnow::domain
