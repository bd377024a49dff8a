#include "unit/triage/holds_fixture.hpp"

namespace winnow::triage {

namespace {

Evaluated saying(Evaluated evaluated, const std::string& title, const std::string& description)
{
    evaluated.alert.title = title;
    evaluated.alert.description = description;
    return evaluated;
}

struct Words : HoldRules {
    void expect(const std::string& title, const std::string& description) const
    {
        EXPECT_EQ(only().title, title);
        EXPECT_EQ(only().description, description);
    }
};

struct LateEnd : HoldRules {
    /// A Prometheus alert: start and end by the sender's clock.
    Evaluated began(std::chrono::milliseconds start, std::chrono::milliseconds when)
    {
        auto next = alerts.instance("k", "i", when);
        next.alert.starts_at = at(start);
        return next;
    }
    Evaluated over(std::chrono::milliseconds start, std::chrono::milliseconds end, std::chrono::milliseconds when)
    {
        auto next = alerts.instance_resolved("k", "i", when);
        next.alert.starts_at = at(start);
        next.alert.ends_at = at(end);
        return next;
    }
};

}  // namespace

TEST_F(Words, OfTheLatestAlertAreTheTickets)
{
    take(saying(alerts.instance("k", "i"), "disk 93% full", "of /var"));
    take(saying(alerts.instance("k", "i", 1min), "disk 97% full", "of /var and /tmp"));
    expect("disk 97% full", "of /var and /tmp");
    take(saying(alerts.firing("k", 2min), "disk full", ""));
    expect("disk full", "");
    take(saying(with(alerts.firing("k", 3min), domain::Severity::critical), "all disks full", "hurry"));
    EXPECT_EQ(store.notices.back().event.kind, severity_changed);
    EXPECT_EQ(store.notices.back().ticket.title, "all disks full") << "a message does not mix two alerts";
    EXPECT_EQ(store.notices.back().ticket.description, "hurry");
    EXPECT_THAT(store.events.front().data, HasSubstr(R"("title":"disk 93% full")")) << "the timeline keeps the first";
}

TEST_F(Words, AreThoseOfTheTroubleWhenItIsOver)
{
    take(saying(alerts.firing("k"), "disk full", "93%"));
    take(saying(alerts.resolved("k", 1min), "all is well", "12%"));
    expect("disk full", "93%");
    EXPECT_EQ(store.notices.back().ticket.description, "93%");
}

TEST_F(Words, AreSaidAlsoWhereTimeEndsTheTrouble)
{
    take(saying(alerts.instance("k", "i"), "disk full", "93%"));
    store.expire_due(at(10min));
    EXPECT_EQ(store.notices.back().event.kind, recovered);
    EXPECT_EQ(store.notices.back().ticket.description, "93%");
}

TEST_F(Words, ANewEpisodeHasItsOwn)
{
    take(saying(alerts.firing("k"), "disk full", "93%"));
    take(alerts.resolved("k", 1min));
    auto again = saying(alerts.firing("k", 2min), "disk full on db-8", "99%");
    again.alert.source = "db-8";
    take(again);
    expect("disk full on db-8", "99%");
    EXPECT_EQ(only().source, "db-8");
    EXPECT_EQ(store.notices.back().ticket.title, "disk full on db-8");
    EXPECT_THAT(store.events.back().data, HasSubstr(R"("title":"disk full on db-8")"));
}

TEST_F(Words, ThatAPersonWroteStay)
{
    take(saying(alerts.firing("k"), "disk full", "93%"));
    auto& ticket = store.tickets.begin()->second;
    ticket.title = "INC-7: disks of the old hall";
    ticket.title_edited = true;
    take(saying(alerts.firing("k", 1min), "disk very full", "97%"));
    expect("INC-7: disks of the old hall", "97%");
    take(alerts.resolved("k", 2min));
    take(saying(alerts.firing("k", 3min), "disk full again", "99%"));
    expect("INC-7: disks of the old hall", "99%");
}

TEST_F(Words, OfWhatIsKeptQuietDoNotReachATicketThatPeopleKnow)
{
    take(saying(alerts.firing("k"), "disk full", "93%"));
    take(suppressed(saying(alerts.firing("k", 1min), "disk full in development", "1%")));
    expect("disk full", "93%");
}

TEST_F(LateEnd, OfTheEpisodeBeforeLeavesThePresentOneAlone)
{
    take(began(0s, 1s));
    take(over(0s, 5min, 5min));
    take(began(6min, 6min));
    const auto verdict = take(over(0s, 5min, 7min));
    EXPECT_EQ(verdict.disposition, Disposition::ignored);
    EXPECT_EQ(verdict.ticket_id, only().id);
    EXPECT_EQ(only().state, InState::open);
    take(over(2s, 5min + 2s, 8min));
    EXPECT_EQ(only().state, InState::open) << "the second replica's, which saw it two seconds later";
    EXPECT_THAT(pages(), ElementsAre(opened, recovered, reopened));
    take(over(6min, 9min, 9min));
    EXPECT_EQ(only().state, InState::recovered);
}

TEST_F(LateEnd, IsNotMeasuredByAnEndAheadOfTime)
{
    take(began(0s, 0s));
    take(over(0s, 60min, 1min));
    EXPECT_EQ(only().state, InState::recovered);
    take(began(2min, 2min));
    EXPECT_EQ(take(over(2min, 3min, 3min)).disposition, Disposition::resolved);
    EXPECT_EQ(only().state, InState::recovered) << "an hour before the first end, which had not come yet";
}

TEST_F(LateEnd, IsToldFromAnEndByASlowClock)
{
    // No start of their own: the present start is our time, the ends are the sender's, whose clock is 2 minutes slow.
    take(began(0s, 0s));
    take(over(-1min, -1min, 1min));
    EXPECT_EQ(only().state, InState::recovered) << "slow is not late";
    take(began(2min, 2min));
    take(over(-1min, -1min, 3min));
    EXPECT_EQ(only().state, InState::open) << "the same end again is";
    take(over(1min, 1min, 3min));
    EXPECT_EQ(only().state, InState::recovered);
}

TEST_F(LateEnd, AStartThatMovesOnIsANewEpisodeAlsoWhereNoEndWasHeard)
{
    take(began(0s, 1s));
    take(began(6min, 6min));
    EXPECT_EQ(take(over(0s, 5min, 7min)).disposition, Disposition::ignored);
    EXPECT_EQ(only().state, InState::open);
}

TEST_F(LateEnd, OfASenderThatNamesNoInstancesIsKnownByItsTimes)
{
    auto firing = alerts.firing("k", 6min);
    firing.alert.starts_at = at(6min);
    take(firing);
    auto end = alerts.resolved("k", 7min);
    end.alert.ends_at = at(5min);
    EXPECT_EQ(take(end).disposition, Disposition::ignored);
    EXPECT_EQ(only().state, InState::open);
    end.alert.ends_at = at(7min);
    EXPECT_EQ(take(end).disposition, Disposition::resolved);
    EXPECT_EQ(only().state, InState::recovered);
}

}  // namespace winnow::triage
