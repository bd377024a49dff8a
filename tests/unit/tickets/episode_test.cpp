#include "winnow/tickets/episode.hpp"

#include "winnow/tickets/transitions.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace winnow::tickets {

namespace {

using domain::TicketEventKind;
using domain::TicketState;
using enum domain::TicketState;
using namespace std::chrono_literals;

const Timestamp kBefore{std::chrono::hours(7)};
const Timestamp kNow{std::chrono::hours(24)};

/// As triage leaves tickets in that state.
TicketCore in(TicketState state)
{
    TicketCore ticket;
    ticket.state = state;
    ticket.opened_at = ticket.last_seen_at = kBefore;
    if (state == in_progress) ticket.acknowledged_at = kBefore;
    if (state == recovered) ticket.recovered_at = kBefore;
    if (state == closed) ticket.closed_at = kBefore;
    return ticket;
}

}  // namespace

TEST(Episode, AFiringAlertJoinsWhatGoesOnAndReopensWhatEndedLately)
{
    constexpr auto kWindow = 24h;
    EXPECT_EQ(arrival_at(nullptr, kNow, kWindow), Arrival::opens);
    struct Case {
        TicketState state;
        bool end_noted;
        Arrival soon;
        Arrival late;
    };
    const std::vector<Case> cases{
        {held, false, Arrival::joins, Arrival::joins},
        {held, true, Arrival::joins, Arrival::joins},  // the noted end is of the episode before
        {open, false, Arrival::joins, Arrival::joins},
        {in_progress, false, Arrival::joins, Arrival::joins},
        {recovered, true, Arrival::reopens, Arrival::opens},
        {close_requested, false, Arrival::joins, Arrival::joins},
        {close_requested, true, Arrival::reopens, Arrival::reopens},  // no other may have its key
        {returned, false, Arrival::joins, Arrival::joins},
        {returned, true, Arrival::reopens, Arrival::reopens},
        {closed, false, Arrival::reopens, Arrival::opens},
    };
    for (const auto& [state, end_noted, soon, late] : cases) {
        auto ticket = in(state);
        if (end_noted) ticket.recovered_at = kBefore;
        EXPECT_EQ(arrival_at(&ticket, kBefore + kWindow, kWindow), soon) << to_string(state) << end_noted;
        EXPECT_EQ(arrival_at(&ticket, kBefore + kWindow + 1ms, kWindow), late) << to_string(state) << end_noted;
    }
}

TEST(Episode, TheWindowRunsFromTheLastEndThatCounts)
{
    auto ticket = in(closed);
    ticket.recovered_at = kNow;
    EXPECT_EQ(arrival_at(&ticket, kNow, 1h), Arrival::opens) << "it was closed long ago";
    ticket.closed_at.reset();
    EXPECT_EQ(arrival_at(&ticket, kNow, 1h), Arrival::reopens);
    ticket.recovered_at.reset();
    EXPECT_EQ(arrival_at(&ticket, kNow, 1h), Arrival::opens) << "it was last seen long ago";
}

TEST(Episode, AnAcknowledgementOnlyTakesOpenTickets)
{
    for (const auto state : domain::ticket_states()) {
        auto ticket = in(state);
        EXPECT_EQ(acknowledge(ticket, kNow), state == open) << to_string(state);
        EXPECT_EQ(ticket.state, state == open ? in_progress : state);
        EXPECT_EQ(ticket.acknowledged_at, state == open ? std::optional(kNow) : in(state).acknowledged_at);
    }
}

TEST(Episode, EndsByTheStateThatItIsIn)
{
    struct Case {
        TicketState state;
        Ending ending;
        TicketState after;
        bool stamped;  // recovered_at is now
    };
    const std::vector<Case> cases{
        {held, Ending::unheard, closed, false},
        {open, Ending::over, recovered, true},
        {in_progress, Ending::over, recovered, true},
        {recovered, Ending::nothing, recovered, false},
        {close_requested, Ending::over, close_requested, true},
        {returned, Ending::over, returned, true},
        {closed, Ending::nothing, closed, false},
    };
    for (const auto& [state, ending, after, stamped] : cases) {
        auto ticket = in(state);
        EXPECT_EQ(has_trouble(ticket), ending != Ending::nothing) << to_string(state);
        EXPECT_EQ(end_trouble(ticket, kNow), ending) << to_string(state);
        EXPECT_EQ(ticket.state, after) << to_string(state);
        EXPECT_EQ(ticket.recovered_at, stamped ? std::optional(kNow) : in(state).recovered_at) << to_string(state);
        EXPECT_EQ(end_trouble(ticket, kNow + 1s), Ending::nothing) << to_string(state) << ", a second time";
    }
}

TEST(Episode, OfAFlappingTicketIsNotedUntilItHasSettled)
{
    for (const auto state : {open, in_progress, close_requested, returned}) {
        auto ticket = in(state);
        ticket.restraint.flapping = Flapping::firing;
        EXPECT_FALSE(has_trouble(ticket));
        EXPECT_EQ(end_trouble(ticket, kNow), Ending::noted) << to_string(state);
        EXPECT_EQ(ticket.state, state);
        EXPECT_EQ(ticket.restraint.flapping, Flapping::resolved);
    }
}

TEST(Episode, OfAHeldTicketLeavesItAsItWas)
{
    for (const auto before : {recovered, closed}) {
        auto ticket = in(before);
        ticket.acknowledged_at = kBefore;
        const auto as_it_was = ticket;
        hold(ticket, {.by = domain::HoldKind::pause, .from = before, .never_told = true}, kNow);
        EXPECT_EQ(ticket.state, held);
        EXPECT_FALSE(is_heard(ticket));
        give_up(ticket, kNow);
        EXPECT_EQ(ticket.state, before);
        EXPECT_EQ(ticket.acknowledged_at, as_it_was.acknowledged_at);
        EXPECT_EQ(ticket.recovered_at, as_it_was.recovered_at);
        EXPECT_EQ(ticket.closed_at, as_it_was.closed_at);
        EXPECT_EQ(ticket.restraint, (Restraint{.never_told = true}));
    }
    auto fresh = in(held);
    give_up(fresh, kNow);
    EXPECT_EQ(fresh.state, closed);
    EXPECT_EQ(fresh.closed_at, kNow);
}

TEST(Episode, BeginsWithoutTheTimesOfTheOneBefore)
{
    const auto begin_again = [](TicketState state, void (*how)(TicketCore&, Timestamp) noexcept) {
        auto ticket = in(state);
        ticket.acknowledged_at = ticket.recovered_at = ticket.closed_at = kBefore;
        ticket.restraint = {.by = domain::HoldKind::pause, .never_told = true, .flapping = Flapping::firing};
        how(ticket, kNow);
        EXPECT_EQ(ticket.state, open);
        EXPECT_EQ(ticket.acknowledged_at, std::nullopt);
        EXPECT_EQ(ticket.recovered_at, std::nullopt);
        EXPECT_EQ(ticket.closed_at, std::nullopt);
        EXPECT_EQ(ticket.restraint.by, std::nullopt);
        EXPECT_TRUE(ticket.restraint.never_told);
        return ticket.restraint.flapping;
    };
    for (const auto state : {recovered, close_requested, returned, closed}) {
        EXPECT_EQ(begin_again(state, &reopen), Flapping::no) << to_string(state);
    }
    EXPECT_EQ(begin_again(held, &let_go), Flapping::firing) << "letting go settles nothing";
}

/// Whatever happens to a ticket is a line of the table, and every line of the machine's happens.
TEST(Episode, GoesAlongTheTableAndThroughAllOfIt)
{
    const std::vector<std::pair<std::string, std::function<void(TicketCore&)>>> happenings{
        {"acknowledged",
         [](TicketCore& ticket) {
             acknowledge(ticket, kNow);
         }},
        {"ended",
         [](TicketCore& ticket) {
             end_trouble(ticket, kNow);
         }},
        {"given up",
         [](TicketCore& ticket) {
             if (ticket.state == held) give_up(ticket, kNow);
         }},
        {"let go",
         [](TicketCore& ticket) {
             if (ticket.state == held) let_go(ticket, kNow);
         }},
        {"firing",
         [](TicketCore& ticket) {
             if (arrival_at(&ticket, kNow, 24h) == Arrival::reopens) reopen(ticket, kNow);
         }},
        {"firing, paused",
         [](TicketCore& ticket) {
             if (arrival_at(&ticket, kNow, 24h) == Arrival::reopens)
                 hold(ticket, {.by = domain::HoldKind::pause}, kNow);
         }},
    };
    std::set<std::pair<TicketState, TicketState>> gone;
    for (const auto from : domain::ticket_states()) {
        for (const bool end_noted : {false, true}) {
            for (const auto& [what, happens] : happenings) {
                auto ticket = in(from);
                if (end_noted) ticket.recovered_at = kBefore;
                if (from == held && end_noted) ticket.restraint.from = recovered;
                happens(ticket);
                if (ticket.state == from) continue;
                EXPECT_NE(find_transition(from, ticket.state, Mover::machine, false), nullptr)
                    << to_string(from) << " to " << to_string(ticket.state) << ": " << what;
                gone.emplace(from, ticket.state);
            }
        }
    }
    for (const auto& each : transitions()) {
        EXPECT_EQ(gone.contains({each.from, each.to}), each.by_machine)
            << to_string(each.from) << " to " << to_string(each.to);
    }
}

/// Where asserts are compiled in: in debug builds and under sanitizers.
TEST(EpisodeDeathTest, LeavesTheTableNowhere)
{
    EXPECT_DEBUG_DEATH((void)moved({.state = closed}, in_progress, Mover::machine, kNow), "find_transition");
    EXPECT_DEBUG_DEATH((void)moved({.state = open}, closed, Mover::machine, kNow), "find_transition") << "people's";
    EXPECT_DEBUG_DEATH(
        {
            auto ticket = in(open);
            ticket.restraint.from = closed;
            give_up(ticket, kNow);
        },
        "find_transition");
    EXPECT_EQ(moved({.state = open}, closed, Mover::person, kNow).state, closed);
}

TEST(Episode, IsHeardOfUnlessSomethingKeepsItQuiet)
{
    EXPECT_TRUE(is_heard(in(open)));
    EXPECT_FALSE(is_heard(in(held)));
    auto quiet = in(open);
    quiet.suppressed = true;
    EXPECT_FALSE(is_heard(quiet));
    auto flapping = in(open);
    flapping.restraint.flapping = Flapping::resolved;
    EXPECT_FALSE(is_heard(flapping));
}

TEST(Episode, IsToldOfAsOpenedFirstAndItsEndOnlyToWhomItWasTold)
{
    auto ticket = in(open);
    ticket.restraint.never_told = true;
    EXPECT_EQ(begun(ticket), TicketEventKind::opened);
    EXPECT_EQ(tell(ticket, TicketEventKind::recovered), std::nullopt);
    EXPECT_TRUE(ticket.restraint.never_told);
    EXPECT_EQ(tell(ticket, TicketEventKind::severity_changed), TicketEventKind::opened);
    EXPECT_FALSE(ticket.restraint.never_told);
    EXPECT_EQ(begun(ticket), TicketEventKind::reopened);
    for (const auto kind : {TicketEventKind::recovered, TicketEventKind::reopened, TicketEventKind::severity_changed}) {
        EXPECT_EQ(tell(ticket, kind), kind);
    }
}

TEST(Flapping, IsReadByTheWordThatItIsStoredAs)
{
    for (const auto flapping : {Flapping::no, Flapping::firing, Flapping::resolved}) {
        EXPECT_EQ(parse_flapping(to_string(flapping)), flapping);
    }
    EXPECT_EQ(to_string(Flapping::no), "");
    EXPECT_EQ(to_string(Flapping::firing), "firing");
    EXPECT_EQ(to_string(Flapping::resolved), "resolved");
    EXPECT_EQ(parse_flapping("no"), std::nullopt);
}

}  // namespace winnow::tickets
