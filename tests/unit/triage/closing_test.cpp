/// @file
/// Tickets that wait for the approval of their closing, and what alerts say of them meanwhile.

#include "unit/triage/holds_fixture.hpp"

namespace winnow::triage {
namespace {

struct Closing : HoldRules {
    TicketCore& ticket() { return store.tickets.begin()->second; }
    void is(InState state)
    {
        ticket().state = state;
        store.notices.clear();
        store.events.clear();
    }
};

TEST_F(Closing, AnEndIsRememberedAndToldWhileClosingIsAskedForOrRefused)
{
    for (const auto state : {InState::close_requested, InState::returned}) {
        store = {};
        take(alerts.firing("k"));
        is(state);
        const auto verdict = resolved(1min);
        EXPECT_EQ(verdict.disposition, Disposition::resolved);
        EXPECT_EQ(verdict.effect, TicketEffect::recovered);
        EXPECT_EQ(only().state, state) << "it is for people to close it";
        EXPECT_EQ(only().recovered_at, at(1min));
        EXPECT_THAT(kinds(store.events), ElementsAre(recovered));
        EXPECT_THAT(pages(), ElementsAre(recovered));
        EXPECT_EQ(resolved(2min).effect, TicketEffect::none);
        EXPECT_EQ(only().recovered_at, at(1min));
        EXPECT_THAT(pages(), ElementsAre(recovered)) << "once";
    }
}

TEST_F(Closing, AnInstanceThatFallsSilentEndsItTheSameWay)
{
    take(alerts.instance("k", "i"));
    is(InState::close_requested);
    store.expire_due(at(20min));
    EXPECT_EQ(only().recovered_at, at(20min));
    EXPECT_THAT(pages(), ElementsAre(recovered));
}

TEST_F(Closing, TroubleThatComesBackAfterItsEndOpensTheTicketAgain)
{
    for (const auto state : {InState::close_requested, InState::returned}) {
        store = {};
        store.settings.reopen_window = 5min;
        take(alerts.firing("k"));
        is(state);
        resolved(1min);
        EXPECT_EQ(take(alerts.firing("k", 5h)).effect, TicketEffect::reopened) << "live, whatever its age";
        EXPECT_EQ(only().state, InState::open);
        EXPECT_EQ(only().recovered_at, std::nullopt);
        EXPECT_THAT(pages(), ElementsAre(recovered, reopened));
    }
}

TEST_F(Closing, TroubleThatGoesOnChangesNothing)
{
    take(alerts.firing("k"));
    is(InState::close_requested);
    EXPECT_EQ(take(alerts.firing("k", 1min)).effect, TicketEffect::joined);
    EXPECT_EQ(only().state, InState::close_requested);
    EXPECT_THAT(pages(), IsEmpty());
}

TEST_F(Closing, WhatComesBackIsHeldAsWhatHadRecovered)
{
    take(alerts.firing("k"));
    is(InState::close_requested);
    resolved(1min);
    paused(2min);
    EXPECT_EQ(only().state, InState::held);
    EXPECT_EQ(only().restraint.from, InState::recovered);
    resolved(3min);
    EXPECT_EQ(only().state, InState::recovered);
    EXPECT_THAT(pages(), ElementsAre(recovered));
}

TEST_F(Closing, WhatFlapsEndsWhenItHasSettled)
{
    for (int i = 0; i < 4; ++i) flapped(i * 1min, i % 2 == 0);
    is(InState::close_requested);
    store.pass(at(1h));
    EXPECT_EQ(only().recovered_at, at(13min));
    EXPECT_THAT(pages(), ElementsAre(recovered));
}

TEST_F(Closing, WhatIsOverIsNotToldOfWhenItsCoverEnds)
{
    take(suppressed(alerts.firing("k")));
    is(InState::close_requested);
    resolved(1min);
    EXPECT_THAT(pages(), IsEmpty());
    store.release_all(at(1h));
    EXPECT_THAT(pages(), IsEmpty());
}

TEST_F(Closing, AnInstanceThatIsHeardOfAfterTheEndTellsNobody)
{
    take(suppressed(alerts.instance("k", "i")));
    is(InState::close_requested);
    resolved(1min);
    ASSERT_EQ(only().recovered_at, at(1min));
    EXPECT_EQ(take(alerts.instance("k", "i", 2min)).effect, TicketEffect::refreshed);
    EXPECT_TRUE(only().suppressed);
    EXPECT_THAT(pages(), IsEmpty());
}

TEST_F(Closing, WhatIsOverDoesNotBeginToFlap)
{
    for (int i = 0; i < 4; ++i) {
        const auto when = i * 1min;
        take(suppressed(asking(i % 2 == 0 ? alerts.firing("k", when) : alerts.resolved("k", when), 3, kFlap)));
    }
    is(InState::close_requested);
    store.release_all(at(4min));
    ASSERT_EQ(only().recovered_at, at(4min));
    store.notices.clear();
    flapped(5min, false);
    EXPECT_EQ(only().restraint.flapping, Flapping::no);
    EXPECT_THAT(pages(), IsEmpty());
}

}  // namespace
}  // namespace winnow::triage
