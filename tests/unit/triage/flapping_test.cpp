#include "unit/triage/holds_fixture.hpp"

namespace winnow::triage {

TEST_F(HoldRules, FlappingIsToldOfOnceAndItsEndOnceMore)
{
    EXPECT_EQ(flapped(0min, true).disposition, Disposition::ticketed);
    flapped(1min, false);
    EXPECT_EQ(flapped(2min, true).disposition, Disposition::ticketed);
    const auto third = flapped(3min, false);
    EXPECT_EQ(third.disposition, Disposition::held);
    EXPECT_EQ(third.held_by->kind, HoldKind::flap);
    EXPECT_EQ(third.held_by->count, 3);
    EXPECT_EQ(only().state, InState::open) << "a flapping ticket stays";
    for (int i = 4; i < 20; ++i) EXPECT_EQ(flapped(i * 1min, i % 2 == 0).disposition, Disposition::held);
    EXPECT_THAT(pages(), ElementsAre(opened, recovered, reopened, flapping_started));
    store.notices.clear();
    store.pass(at(29min - 1ms));
    EXPECT_THAT(pages(), IsEmpty());
    store.pass(at(40min));
    ASSERT_THAT(pages(), ElementsAre(recovered));
    EXPECT_EQ(store.notices.front().event.at, at(29min));
    EXPECT_EQ(only().state, InState::recovered);
    EXPECT_EQ(only().restraint.flapping, Flapping::no);
}

TEST_F(HoldRules, WhatSettlesWhileItFiresIsToldToBeThere)
{
    for (int i = 0; i < 5; ++i) flapped(i * 1min, i % 2 == 0);
    store.notices.clear();
    store.pass(at(14min));
    EXPECT_THAT(pages(), ElementsAre(flapping_settled));
    EXPECT_EQ(only().state, InState::open);
    EXPECT_EQ(resolved(15min).effect, TicketEffect::recovered);
    EXPECT_THAT(pages(), ElementsAre(flapping_settled, recovered));
}

TEST_F(HoldRules, AnAlertThatComesAfterTheEndFindsItSettled)
{
    for (int i = 0; i < 5; ++i) flapped(i * 1min, i % 2 == 0);
    store.notices.clear();
    EXPECT_EQ(flapped(14min, false).disposition, Disposition::resolved);
    EXPECT_THAT(pages(), ElementsAre(flapping_settled, recovered));
}

TEST_F(HoldRules, WhileItFlapsARaisedSeverityIsHeldBack)
{
    for (int i = 0; i < 5; ++i) flapped(i * 1min, i % 2 == 0);
    store.notices.clear();
    take(asking(with(alerts.firing("k", 5min), domain::Severity::critical), 3, kFlap));
    EXPECT_EQ(only().severity, domain::Severity::critical);
    EXPECT_THAT(pages(), IsEmpty());
}

TEST_F(HoldRules, AnAlertThatTheFlapRuleDoesNotMatchIsHeldBackWithItsTicket)
{
    for (int i = 0; i < 5; ++i) flapped(i * 1min, i % 2 == 0);
    store.notices.clear();
    EXPECT_EQ(resolved(5min).disposition, Disposition::held);
    EXPECT_EQ(take(alerts.firing("k", 6min)).disposition, Disposition::held);
    resolved(7min);
    EXPECT_THAT(pages(), IsEmpty());
    store.pass(at(1h));
    EXPECT_THAT(pages(), ElementsAre(recovered));
}

TEST_F(HoldRules, AFlappingTicketThatSomebodyClosedIsNotToldOfWhenItSettles)
{
    for (int i = 0; i < 5; ++i) flapped(i * 1min, i % 2 == 0);
    store.tickets.begin()->second.state = InState::closed;
    store.tickets.begin()->second.closed_at = at(5min);
    store.notices.clear();
    store.pass(at(1h));
    EXPECT_THAT(pages(), IsEmpty());
    EXPECT_EQ(only().restraint.flapping, Flapping::no);
}

TEST_F(HoldRules, FlappingGoesBeforeAPauseAndTellsOfAHeldTicket)
{
    const auto both = [&](std::chrono::milliseconds when, bool firing) {
        auto alert = firing ? alerts.firing("k", when) : alerts.resolved("k", when);
        return take(asking(asking(std::move(alert), 1, kPause), 3, kFlap));
    };
    for (int i = 0; i < 4; ++i) both(i * 1min, i % 2 == 0);
    EXPECT_THAT(pages(), ElementsAre(opened))
        << "each blink was held; their number is news, and the first word is this";
    EXPECT_EQ(store.events.back().kind, flapping_started);
    EXPECT_EQ(only().state, InState::open);
}

TEST_F(HoldRules, InstancesFlapWithTheLastOfThem)
{
    const auto both = [&](const char* instance, std::chrono::milliseconds when, bool firing) {
        auto alert = firing ? alerts.instance("k", instance, when) : alerts.instance_resolved("k", instance, when);
        return take(asking(std::move(alert), 3, kFlap));
    };
    both("a", 0min, true);
    for (int i = 0; i < 10; ++i) {
        both("b", 1min + i * 10s, true);
        both("b", 1min + i * 10s + 5s, false);
    }
    EXPECT_THAT(pages(), ElementsAre(opened)) << "the ticket's trouble never ended";
    for (int i = 0; i < 3; ++i) {
        both("a", 4min + i * 10s, false);
        both("a", 4min + i * 10s + 5s, true);
    }
    EXPECT_THAT(pages(), ElementsAre(opened, recovered, reopened, flapping_started));
}

TEST_F(HoldRules, ASuppressedTicketFlapsUnheard)
{
    for (int i = 0; i < 6; ++i) {
        auto alert = i % 2 == 0 ? alerts.firing("k", i * 1min) : alerts.resolved("k", i * 1min);
        take(suppressed(asking(std::move(alert), 3, kFlap)));
    }
    store.pass(at(1h));
    EXPECT_THAT(pages(), IsEmpty());
}

}  // namespace winnow::triage
