#include "winnow/tickets/work.hpp"

#include "winnow/tickets/transitions.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <string>
#include <vector>

namespace winnow::tickets {
namespace {

using domain::Ticket;
using domain::TicketEventKind;
using domain::TicketState;

const Act kAct{.actor = "user:somebody", .at = Timestamp(std::chrono::hours(24))};

Ticket ticket_in(TicketState state)
{
    Ticket ticket;
    ticket.state = state;
    ticket.title = "disk full";
    ticket.event_seq = 3;
    ticket.version = 7;
    return ticket;
}

constexpr std::array kEveryState{TicketState::held,
                                 TicketState::open,
                                 TicketState::in_progress,
                                 TicketState::recovered,
                                 TicketState::close_requested,
                                 TicketState::returned,
                                 TicketState::closed};

TEST(TicketMoves, GoExactlyWhereTheDomainAllows)
{
    for (const bool close_approval : {false, true}) {
        for (const auto from : kEveryState) {
            const auto allowed = allowed_transitions(from, close_approval);
            for (const auto to : kEveryState) {
                auto ticket = ticket_in(from);
                const auto events = move_ticket(ticket, to, close_approval, "", kAct);
                const bool may = std::ranges::find(allowed, to) != allowed.end();
                ASSERT_EQ(events.has_value(), may) << to_string(from) << " to " << to_string(to);
                EXPECT_EQ(ticket.state, may ? to : from);
                EXPECT_EQ(ticket.version, may ? 8 : 7);
            }
        }
    }
}

TEST(TicketMoves, ARefusalNamesWhatIsAllowed)
{
    auto ticket = ticket_in(TicketState::open);
    const auto refused = move_ticket(ticket, TicketState::returned, false, "", kAct);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
    EXPECT_NE(refused.error().message().find("allowed: in_progress, recovered, closed"), std::string::npos)
        << refused.error().message();
}

TEST(TicketMoves, TakingATicketAcknowledgesItOnce)
{
    auto ticket = ticket_in(TicketState::open);
    const auto taken = move_ticket(ticket, TicketState::in_progress, false, "mine", kAct);
    ASSERT_TRUE(taken);
    EXPECT_EQ(ticket.acknowledged_at, kAct.at);
    ASSERT_EQ(taken->size(), 1U);
    EXPECT_EQ(taken->front().kind, TicketEventKind::acknowledged);
    EXPECT_EQ(taken->front().seq, 4);
    EXPECT_EQ(taken->front().actor, "user:somebody");
    EXPECT_EQ(nlohmann::json::parse(taken->front().data),
              (nlohmann::json{{"from", "open"}, {"to", "in_progress"}, {"comment", "mine"}}));

    const Act later{.actor = "user:somebody", .at = kAct.at + std::chrono::hours(1)};
    ASSERT_TRUE(move_ticket(ticket, TicketState::recovered, false, "", later));
    ASSERT_TRUE(move_ticket(ticket, TicketState::in_progress, false, "", later));
    EXPECT_EQ(ticket.acknowledged_at, kAct.at);
    EXPECT_EQ(ticket.recovered_at, std::nullopt);
}

TEST(TicketMoves, AnEndThatWasNoticedWhileClosingWasAskedForKeepsItsTime)
{
    auto ticket = ticket_in(TicketState::returned);
    ticket.recovered_at = Timestamp(std::chrono::hours(7));
    ASSERT_TRUE(move_ticket(ticket, TicketState::recovered, true, "", kAct));
    EXPECT_EQ(ticket.recovered_at, Timestamp(std::chrono::hours(7)));
}

TEST(TicketMoves, WhatWasHeldBeginsItsEpisodeWhenItIsLetGo)
{
    for (const auto to : {TicketState::open, TicketState::close_requested}) {
        auto ticket = ticket_in(TicketState::held);
        ticket.recovered_at = ticket.acknowledged_at = Timestamp(std::chrono::hours(7));
        ASSERT_TRUE(move_ticket(ticket, to, to == TicketState::close_requested, "", kAct));
        EXPECT_EQ(ticket.recovered_at, std::nullopt);
        EXPECT_EQ(ticket.acknowledged_at, std::nullopt);
    }
}

TEST(TicketMoves, ReopeningForgetsHowItEnded)
{
    auto ticket = ticket_in(TicketState::in_progress);
    ASSERT_TRUE(move_ticket(ticket, TicketState::recovered, false, "", kAct));
    EXPECT_EQ(ticket.recovered_at, kAct.at);
    ASSERT_TRUE(move_ticket(ticket, TicketState::closed, false, "", kAct));
    EXPECT_EQ(ticket.closed_at, kAct.at);
    const auto reopened = move_ticket(ticket, TicketState::open, false, "", kAct);
    ASSERT_TRUE(reopened);
    EXPECT_EQ(reopened->front().kind, TicketEventKind::reopened);
    EXPECT_EQ(ticket.acknowledged_at, std::nullopt);
    EXPECT_EQ(ticket.recovered_at, std::nullopt);
    EXPECT_EQ(ticket.closed_at, std::nullopt);
}

TEST(TicketEdits, ThatChangeNothingLeaveTheVersion)
{
    auto ticket = ticket_in(TicketState::open);
    EXPECT_TRUE(edit_ticket(ticket, Ticket(ticket), kAct).empty());
    EXPECT_EQ(ticket.version, 7);
}

TEST(TicketEdits, TellOneVersionAndOneLineAKindOfChange)
{
    auto ticket = ticket_in(TicketState::open);
    auto edit = ticket;
    const auto user = UserId::parse("0199c0de-0000-7000-8000-000000000001");
    edit.assignee = user;
    edit.severity = domain::Severity::critical;
    edit.priority = "P1";
    edit.cause = "a log without rotation";
    const auto events = edit_ticket(ticket, edit, kAct);
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[0].kind, TicketEventKind::assigned);
    EXPECT_EQ(events[1].kind, TicketEventKind::severity_changed);
    EXPECT_EQ(events[2].kind, TicketEventKind::edited);
    EXPECT_EQ(events[2].seq, 6);
    const auto data = nlohmann::json::parse(events[2].data);
    EXPECT_EQ(data["fields"]["priority"], (nlohmann::json{{"from", ""}, {"to", "P1"}}));
    EXPECT_EQ(data["fields"].size(), 2U);
    EXPECT_EQ(ticket.version, 8);
    EXPECT_EQ(ticket.event_seq, 6);
    EXPECT_EQ(ticket.assignee, user);
    EXPECT_EQ(ticket.severity, domain::Severity::critical);
}

TEST(TicketParents, AreSetAndTakenAwayWithALineEach)
{
    auto ticket = ticket_in(TicketState::open);
    const auto parent = TicketId::parse("0199c0de-0000-7000-8000-000000000002");
    EXPECT_EQ(set_parent(ticket, parent, kAct).size(), 1U);
    EXPECT_TRUE(set_parent(ticket, parent, kAct).empty());
    const auto removed = set_parent(ticket, std::nullopt, kAct);
    ASSERT_EQ(removed.size(), 1U);
    EXPECT_EQ(nlohmann::json::parse(removed.front().data)["to"], nullptr);
    EXPECT_EQ(ticket.version, 9);
}

}  // namespace
}  // namespace winnow::tickets
