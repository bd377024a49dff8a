#include "winnow/tickets/notice.hpp"

#include "winnow/tickets/work.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace winnow::tickets {

namespace {

using domain::Ticket;
using domain::TicketEventKind;
using domain::TicketState;
using enum domain::TicketState;
using testing::ElementsAre;
using testing::IsEmpty;

const Act kAct{.actor = "user:me", .at = Timestamp(std::chrono::hours(24))};

Ticket in(TicketState state)
{
    Ticket made;
    made.id = *TicketId::parse("0199c0de-0000-7000-8000-000000000001");
    made.state = state;
    made.title = "disk full";
    made.event_seq = 3;
    return made;
}

std::vector<TicketEventKind> kinds(const std::vector<Notice>& notices)
{
    std::vector<TicketEventKind> kinds;
    for (const auto& notice : notices) kinds.push_back(notice.event.kind);
    return kinds;
}

}  // namespace

TEST(Notices, OfAMoveAreAsAnAlertsAndTellNobody)
{
    struct Case {
        TicketState from;
        TicketState to;
        TicketEventKind kind;
    };
    for (const auto& [from, to, kind] :
         {Case{open, in_progress, TicketEventKind::acknowledged},
          Case{in_progress, recovered, TicketEventKind::recovered}, Case{recovered, open, TicketEventKind::reopened},
          Case{closed, open, TicketEventKind::reopened}, Case{open, closed, TicketEventKind::state_changed}}) {
        auto moving = in(from);
        const auto events = move_ticket(moving, to, false, "so", kAct);
        ASSERT_TRUE(events);
        const auto notices = notices_of(moving, *events);
        ASSERT_EQ(notices.size(), 1U);
        const auto& notice = notices.front();
        EXPECT_EQ(notice.event.kind, kind);
        EXPECT_EQ(notice.event.seq, 4);
        EXPECT_EQ(notice.event.data, events->front().data);
        EXPECT_EQ(notice.event.actor, "user:me");
        EXPECT_EQ(notice.ticket.state, to);
        EXPECT_EQ(notice.ticket.acknowledged_at, moving.acknowledged_at);
        EXPECT_EQ(notice.ticket.restraint, Restraint{}) << "a person's ticket knows nothing of it";
        EXPECT_FALSE(notice.tells);
    }
}

TEST(Notices, OfAnEditAreWhatOthersFollowWithTheTicketAsItIsAfterAllOfIt)
{
    auto edited = in(open);
    auto edit = edited;
    edit.title = "disk nearly full";
    edit.severity = domain::Severity::critical;
    edit.assignee = UserId::parse("0199c0de-0000-7000-8000-0000000000aa");
    const auto events = edit_ticket(edited, edit, kAct);
    EXPECT_EQ(events.size(), 3U);
    const auto notices = notices_of(edited, events);
    EXPECT_THAT(kinds(notices), ElementsAre(TicketEventKind::assigned, TicketEventKind::severity_changed));
    for (const auto& notice : notices) {
        EXPECT_EQ(notice.ticket.severity, domain::Severity::critical);
        EXPECT_EQ(notice.ticket.title, "disk nearly full");
        EXPECT_EQ(notice.ticket.event_seq, 6);
    }
    auto commented = in(open);
    EXPECT_THAT(notices_of(commented, comment_on_ticket(commented, "hm", kAct)), IsEmpty());
}

}  // namespace winnow::tickets
