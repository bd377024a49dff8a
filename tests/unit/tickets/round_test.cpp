#include "winnow/tickets/round.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace winnow::tickets {

namespace {

using domain::Ticket;
using domain::TicketState;
using enum domain::TicketState;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Act kAct{.actor = "user:me", .at = Timestamp(std::chrono::hours(24))};

TicketId id_of(int n)
{
    return *TicketId::parse("0199c0de-0000-7000-8000-00000000000" + std::to_string(n));
}

Ticket ticket(int n, TicketState state, const std::string& key = "k")
{
    Ticket made;
    made.id = id_of(n);
    made.state = state;
    made.dedup_key = key;
    made.title = "disk full";
    made.version = 7;
    made.event_seq = 3;
    return made;
}

}  // namespace

TEST(Round, AsksOnlyForWhatItsDecisionsDependOn)
{
    const auto closing = ticket(1, close_requested, "a");
    const auto over = ticket(2, recovered, "b");
    const auto live = ticket(3, open, "c");
    const std::vector<const Ticket*> all{&closing, &over, &live};
    const auto to_close = needs_of(all, {.to = closed}, true);
    EXPECT_THAT(to_close.close_requesters, ElementsAre(closing.id));
    EXPECT_THAT(to_close.dedup_keys, IsEmpty());
    EXPECT_THAT(needs_of(all, {.to = closed}, false).close_requesters, IsEmpty());
    const auto to_open = needs_of(all, {.to = open}, true);
    EXPECT_THAT(to_open.close_requesters, IsEmpty());
    EXPECT_THAT(to_open.dedup_keys, ElementsAre("b"));
}

TEST(Round, AsksNothingForMovesThatTheTableRefusesAndForAKeyOnce)
{
    const auto one = ticket(1, recovered, "b");
    const auto two = ticket(2, closed, "a");
    const auto three = ticket(3, recovered, "b");
    const std::vector<const Ticket*> all{&one, &two, &three};
    EXPECT_THAT(needs_of(all, {.to = in_progress}, false).dedup_keys, ElementsAre("b")) << "closed ones only open";
    EXPECT_THAT(needs_of(all, {.to = open}, false).dedup_keys, ElementsAre("a", "b"));
    EXPECT_THAT(needs_of(all, {.to = close_requested}, false).dedup_keys, IsEmpty()) << "nobody asks for approval";
    EXPECT_THAT(needs_of(all, {.to = close_requested}, true).dedup_keys, ElementsAre("b"));
    EXPECT_THAT(needs_of(all, {.to = returned}, true).dedup_keys, IsEmpty());
}

TEST(Round, ClosingTakesASecondPersonWhereItTakesApproval)
{
    for (const bool approval : {false, true}) {
        for (const std::string mover : {"", "user:me", "user:somebody"}) {
            Round round(kAct, "Me");
            round.around().close_approval = approval;
            if (!mover.empty()) round.around().close_requesters = {{id_of(1), mover}};
            auto closing = ticket(1, close_requested);
            const auto done = round.move(closing, {.to = closed});
            const bool may = !approval || mover != "user:me";
            ASSERT_EQ(done.has_value(), may) << approval << mover;
            EXPECT_EQ(round.changes().size(), may ? 1U : 0U);
            if (may) {
                EXPECT_EQ(round.changes().at(id_of(1)).ticket.approver, "Me");
            } else {
                EXPECT_THAT(done.error().message(), HasSubstr("takes a second person"));
            }
        }
    }
}

TEST(Round, AnApproverThatIsNamedAlreadyStays)
{
    Round round(kAct, "Me");
    auto closing = ticket(1, close_requested);
    closing.approver = "The board";
    ASSERT_TRUE(round.move(closing, {.to = closed}));
    EXPECT_EQ(closing.approver, "The board");
    auto direct = ticket(2, open);
    ASSERT_TRUE(round.move(direct, {.to = closed}));
    EXPECT_EQ(direct.approver, "") << "nobody asked for approval";
}

TEST(Round, OneLiveTicketAKey)
{
    Round round(kAct, "Me");
    round.around().live_by_key = {{"taken", id_of(9)}};
    auto first = ticket(1, recovered, "free");
    auto second = ticket(2, closed, "free");
    auto late = ticket(3, closed, "taken");
    EXPECT_TRUE(round.move(first, {.to = open}));
    EXPECT_FALSE(round.move(second, {.to = open})) << "the first one has it now";
    const auto refused = round.move(late, {.to = open});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
    EXPECT_THAT(refused.error().message(), HasSubstr("a newer ticket with the same dedup key is live"));
    EXPECT_EQ(round.changes().size(), 1U);
}

TEST(Round, AKeyThatATicketOfTheSameRoundGivesUpIsFree)
{
    Round round(kAct, "Me");
    round.around().live_by_key = {{"k", id_of(1)}};
    auto live = ticket(1, open);
    auto over = ticket(2, recovered);
    ASSERT_TRUE(round.move(live, {.to = closed}));
    EXPECT_TRUE(round.move(over, {.to = open}));
}

TEST(Round, AHeldTicketThatIsLetGoIsOwedFromThenOn)
{
    struct Case {
        TicketState to;
        bool suppressed;
        bool owed;
    };
    for (const auto& [to, suppressed, owed] :
         {Case{open, false, true}, Case{close_requested, false, true}, Case{open, true, false}}) {
        Round round(kAct, "Me");
        round.around().close_approval = true;
        auto waiting = ticket(1, held);
        waiting.suppressed = suppressed;
        waiting.suppression_reason = suppressed ? "silenced" : "";
        ASSERT_TRUE(round.move(waiting, {.to = to}));
        const auto& change = round.changes().at(waiting.id);
        ASSERT_EQ(change.let_go.has_value(), owed);
        EXPECT_TRUE(change.ticket.suppressed);
        EXPECT_EQ(change.ticket.suppression_reason, owed ? "let go by hand: told of within seconds" : "silenced");
        if (!owed) continue;
        EXPECT_EQ(change.let_go->title, "disk full");
        EXPECT_EQ(change.let_go->starts_at, std::nullopt);
        EXPECT_EQ(change.let_go->received_at, kAct.at);
    }
    Round round(kAct, "Me");
    auto ended = ticket(1, held);
    ASSERT_TRUE(round.move(ended, {.to = closed}));
    EXPECT_FALSE(round.changes().at(ended.id).let_go);
}

TEST(Round, CarriesOutTheNoticesOfWhatItKeepsAndOfNothingElse)
{
    using enum domain::TicketEventKind;
    const auto mine = *UserId::parse("0199c0de-0000-7000-8000-0000000000aa");
    Round round(kAct, "Me");
    round.around().assignable = {{mine, true}};
    auto worked_on = ticket(1, open);
    auto edit = worked_on;
    edit.assignee = mine;
    edit.priority = "P1";
    ASSERT_TRUE(round.edit(worked_on, edit));
    ASSERT_TRUE(round.move(worked_on, {.to = in_progress}));
    round.keep(worked_on, comment_on_ticket(worked_on, "hm", kAct));
    auto refused = ticket(2, closed);
    ASSERT_FALSE(round.move(refused, {.to = in_progress}));

    ASSERT_EQ(round.changes().size(), 1U);
    const auto& change = round.changes().at(worked_on.id);
    ASSERT_EQ(change.events.size(), 4U) << "with the edit of its priority and the comment";
    ASSERT_EQ(change.notices.size(), 2U);
    EXPECT_EQ(change.notices[0].event.kind, assigned);
    EXPECT_EQ(change.notices[0].ticket.state, open) << "as it was then";
    EXPECT_EQ(change.notices[1].event.kind, acknowledged);
    EXPECT_EQ(change.notices[1].event.seq, 6);
    EXPECT_EQ(change.notices[1].ticket.acknowledged_at, kAct.at);
    for (const auto& notice : change.notices) EXPECT_FALSE(notice.tells);
}

TEST(Round, ToldOfAHeldTicketThatIsLetGoIsThatItIsQuietUntilItIsJudged)
{
    Round round(kAct, "Me");
    auto waiting = ticket(1, held);
    ASSERT_TRUE(round.move(waiting, {.to = open}));
    const auto& notices = round.changes().at(waiting.id).notices;
    ASSERT_EQ(notices.size(), 1U);
    EXPECT_EQ(notices[0].event.kind, domain::TicketEventKind::state_changed) << "`opened` is the judge's to tell";
    EXPECT_TRUE(notices[0].ticket.suppressed);
}

TEST(Round, GivesTicketsOnlyToThoseWhoMayHaveThem)
{
    const auto mine = *UserId::parse("0199c0de-0000-7000-8000-0000000000aa");
    const auto gone = *UserId::parse("0199c0de-0000-7000-8000-0000000000bb");
    Round round(kAct, "Me");
    round.around().assignable = {{mine, true}, {gone, false}};
    const auto give = [&](const std::optional<UserId>& to) {
        auto given = ticket(1, open);
        auto edit = given;
        edit.assignee = to;
        return round.edit(given, edit);
    };
    EXPECT_TRUE(give(mine));
    const auto refused = give(gone);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fields().front().pointer, "/assignee");
    EXPECT_FALSE(give(UserId::parse("0199c0de-0000-7000-8000-0000000000cc"))) << "nobody has looked";
    auto hers = ticket(2, open);
    hers.assignee = gone;
    EXPECT_TRUE(round.edit(hers, Ticket(hers))) << "who has it keeps it";
    EXPECT_FALSE(round.changes().contains(hers.id)) << "and nothing has changed";
}

TEST(Bulk, WhatIsRefusedStaysAsItWasAndStopsNobody)
{
    Round round(kAct, "Me");
    std::vector<Ticket> tickets{ticket(1, open, "a"), ticket(2, closed, "b"), ticket(3, open, "c")};
    const auto items = change_each({id_of(3), id_of(2), id_of(8), id_of(1)}, tickets,
                                   [&](Ticket& each) { return round.move(each, {.to = in_progress}); });
    ASSERT_TRUE(items);
    ASSERT_EQ(items->size(), 4U);
    EXPECT_TRUE((*items)[0].done);
    EXPECT_EQ((*items)[0].id, id_of(3));
    EXPECT_EQ((*items)[0].state, in_progress);
    EXPECT_EQ((*items)[0].version, 8);
    EXPECT_EQ((*items)[1].done.error().code(), ErrorCode::conflict);
    EXPECT_EQ((*items)[2].done.error(), Error(ErrorCode::not_found, "there is no such ticket"));
    EXPECT_TRUE((*items)[3].done);
    EXPECT_EQ(tickets[1].state, closed);
    EXPECT_EQ(tickets[1].version, 7);
    EXPECT_EQ(round.changes().size(), 2U);
}

TEST(Bulk, AnErrorThatIsNotAboutOneTicketEndsIt)
{
    for (const auto code : {ErrorCode::invalid_argument, ErrorCode::permission_denied, ErrorCode::not_found,
                            ErrorCode::conflict, ErrorCode::version_mismatch, ErrorCode::too_large,
                            ErrorCode::unavailable, ErrorCode::timeout, ErrorCode::internal}) {
        const bool one = code <= ErrorCode::conflict && code != ErrorCode::unauthenticated;
        EXPECT_EQ(concerns_one_ticket(Error(code, "no")), one) << to_string(code);
        std::vector<Ticket> tickets{ticket(1, open), ticket(2, open)};
        int asked = 0;
        const auto items = change_each({id_of(1), id_of(2)}, tickets, [&](Ticket&) -> Result<Done> {
            ++asked;
            return Error(code, "no");
        });
        EXPECT_EQ(items.has_value(), one);
        EXPECT_EQ(asked, one ? 2 : 1);
    }
}

TEST(Bulk, ATicketThatIsNamedTwiceIsChangedTwice)
{
    Round round(kAct, "Me");
    std::vector<Ticket> tickets{ticket(1, open)};
    const auto items =
        change_each({id_of(1), id_of(1)}, tickets, [&](Ticket& each) { return round.move(each, {.to = in_progress}); });
    ASSERT_TRUE(items);
    EXPECT_TRUE((*items)[0].done);
    EXPECT_FALSE((*items)[1].done) << "it is in progress already";
}

TEST(Ancestry, ARingIsRefused)
{
    EXPECT_TRUE(check_ancestry(id_of(1), {id_of(3), id_of(2)}));
    for (const auto& line : {std::vector{id_of(1)}, std::vector{id_of(3), id_of(1), id_of(2)}}) {
        const auto refused = check_ancestry(id_of(1), line);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
    }
}

}  // namespace winnow::tickets
