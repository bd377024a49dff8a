#include "unit/triage/store_model.hpp"

#include <gmock/gmock.h>

namespace winnow::triage {

namespace {

using namespace std::chrono_literals;
using domain::Disposition;
using domain::TicketEffect;
using InState = domain::TicketState;
using testing::ElementsAre;
using testing::IsEmpty;
using enum domain::TicketEventKind;

struct Instances : testing::Test {
    AlertSource alerts;
    StoreModel store;

    domain::Verdict take(const Evaluated& evaluated) { return store.apply({evaluated}).verdicts.front(); }
};

}  // namespace

TEST_F(Instances, ARepeatedFiringRefreshesInsteadOfCounting)
{
    take(alerts.instance("k", "i", 0min));
    for (int minute = 1; minute <= 3; ++minute) {
        const auto verdict = take(alerts.instance("k", "i", std::chrono::minutes{minute}));
        EXPECT_EQ(verdict.disposition, Disposition::ticketed);
        EXPECT_EQ(verdict.effect, TicketEffect::refreshed);
    }
    EXPECT_EQ(store.ticket(1).occurrences, 1);
    EXPECT_EQ(store.ticket(1).last_seen_at, at(3min));
    EXPECT_EQ(store.ticket(1).firing_instances, 1);
    EXPECT_EQ(store.instances.at("i").starts_at, at(3min)) << "the latest that the sender named";
    EXPECT_EQ(store.instances.at("i").ends_at, at(8min));
    EXPECT_THAT(kinds(store.events), ElementsAre(opened));
}

TEST_F(Instances, ARefreshStillRaisesTheSeverityAndLiftsASuppression)
{
    take(suppressed(alerts.instance("k", "i")));
    take(with(alerts.instance("k", "i", 1min), domain::Severity::critical));
    EXPECT_FALSE(store.ticket(1).suppressed);
    EXPECT_EQ(store.ticket(1).severity, domain::Severity::critical);
    EXPECT_THAT(told(store.notices), ElementsAre(opened));
}

TEST_F(Instances, TheTicketRecoversWithItsLastFiringInstance)
{
    take(alerts.instance("k", "a"));
    take(alerts.instance("k", "b"));
    EXPECT_EQ(store.ticket(1).occurrences, 2);
    EXPECT_EQ(store.ticket(1).firing_instances, 2);
    const auto first = take(alerts.instance_resolved("k", "a", 1min));
    EXPECT_EQ(first.disposition, Disposition::resolved);
    EXPECT_EQ(first.effect, TicketEffect::none);
    EXPECT_EQ(store.ticket(1).state, InState::open);
    const auto second = take(alerts.instance_resolved("k", "b", 2min));
    EXPECT_EQ(second.effect, TicketEffect::recovered);
    EXPECT_EQ(store.ticket(1).state, InState::recovered);
    EXPECT_EQ(store.ticket(1).recovered_at, at(2min));
    EXPECT_EQ(store.ticket(1).firing_instances, 0);
    EXPECT_THAT(told(store.notices), ElementsAre(opened, recovered));
}

TEST_F(Instances, ARepeatedRecoveryCountsDownOnce)
{
    take(alerts.instance("k", "a"));
    take(alerts.instance("k", "b"));
    take(alerts.instance_resolved("k", "a", 1min));
    const auto again = take(alerts.instance_resolved("k", "a", 2min));
    EXPECT_EQ(again.disposition, Disposition::resolved);
    EXPECT_EQ(again.effect, TicketEffect::none);
    EXPECT_EQ(store.ticket(1).firing_instances, 1);
    EXPECT_EQ(store.ticket(1).state, InState::open);
}

TEST_F(Instances, AnInstanceThatNeverFiredEndsNothing)
{
    take(alerts.instance("k", "a"));
    EXPECT_EQ(take(alerts.instance_resolved("k", "unknown", 1min)).disposition, Disposition::ignored);
    EXPECT_EQ(store.ticket(1).state, InState::open);
}

TEST_F(Instances, FiringAnewAfterItResolvedIsANewOccurrence)
{
    take(alerts.instance("k", "i"));
    take(alerts.instance_resolved("k", "i", 1min));
    EXPECT_EQ(take(alerts.instance("k", "i", 2min)).effect, TicketEffect::reopened);
    EXPECT_EQ(store.ticket(1).occurrences, 2);
    EXPECT_EQ(store.ticket(1).firing_instances, 1);
    EXPECT_EQ(store.instances.at("i").starts_at, at(2min));
}

TEST_F(Instances, ATicketClosedByHandStaysClosedUntilItsInstanceFiresAnew)
{
    take(alerts.instance("k", "i"));
    auto& ticket = store.tickets.begin()->second;
    ticket.state = InState::closed;
    ticket.closed_at = at(1min);
    EXPECT_EQ(take(alerts.instance("k", "i", 2min)).effect, TicketEffect::refreshed);
    EXPECT_EQ(ticket.state, InState::closed);
    EXPECT_EQ(ticket.last_seen_at, at(2min));
    EXPECT_EQ(take(alerts.instance_resolved("k", "i", 3min)).disposition, Disposition::resolved);
    EXPECT_EQ(ticket.state, InState::closed);
    EXPECT_EQ(take(alerts.instance_resolved("k", "i", 4min)).disposition, Disposition::ignored);
    EXPECT_EQ(take(alerts.instance("k", "i", 5min)).effect, TicketEffect::reopened);
}

TEST_F(Instances, AnInstanceThatRulesMapToAnotherKeyMovesThere)
{
    take(alerts.instance("old", "i"));
    const auto verdict = take(alerts.instance("new", "i", 1min));
    EXPECT_EQ(verdict.effect, TicketEffect::opened);
    EXPECT_EQ(store.ticket(1).firing_instances, 0);
    EXPECT_EQ(store.ticket(1).state, InState::recovered);
    EXPECT_EQ(store.ticket(2).firing_instances, 1);
    EXPECT_EQ(store.ticket(2).dedup_key, "new");
    EXPECT_EQ(store.instances.at("i").ticket_id, store.ticket(2).id);
    EXPECT_THAT(kinds(store.events), ElementsAre(opened, opened, recovered));
    EXPECT_THAT(store.events[2].data, testing::HasSubstr(R"("reason":"moved")"));
    EXPECT_EQ(take(alerts.instance_resolved("new", "i", 2min)).ticket_id, store.ticket(2).id);
}

TEST_F(Instances, AMoveLeavesATicketOpenThatOtherInstancesKeepFiring)
{
    take(alerts.instance("old", "i"));
    take(alerts.instance("old", "other"));
    take(alerts.instance("new", "i", 1min));
    EXPECT_EQ(store.ticket(1).state, InState::open);
    EXPECT_EQ(store.ticket(1).firing_instances, 1);
}

TEST_F(Instances, ARecoveryFindsItsTicketThoughRulesHaveChangedTheKey)
{
    take(alerts.instance("old", "i"));
    const auto verdict = take(alerts.instance_resolved("new", "i", 1min));
    EXPECT_EQ(verdict.effect, TicketEffect::recovered);
    EXPECT_EQ(verdict.ticket_id, store.ticket(1).id);
}

TEST_F(Instances, AnInstanceLeftOnAnOldTicketOfTheKeyJoinsTheLiveOne)
{
    store.settings.reopen_window = 0ms;
    take(alerts.instance("k", "i"));
    auto& old = store.tickets.begin()->second;
    old.state = InState::closed;
    old.closed_at = at(1min);
    take(alerts.firing("k", 2min));
    ASSERT_EQ(store.tickets.size(), 2U);
    const auto verdict = take(alerts.instance("k", "i", 3min));
    EXPECT_EQ(verdict.effect, TicketEffect::joined);
    EXPECT_EQ(verdict.ticket_id, store.ticket(2).id);
    EXPECT_EQ(store.ticket(1).firing_instances, 0);
    EXPECT_EQ(store.ticket(2).firing_instances, 1);
}

TEST_F(Instances, AnInstanceWhoseTicketIsGoneStartsAfresh)
{
    take(alerts.instance("k", "i"));
    store.tickets.clear();
    EXPECT_EQ(take(alerts.instance_resolved("k", "i", 1min)).disposition, Disposition::ignored);
    store.instances.at("i").firing = true;
    EXPECT_EQ(take(alerts.instance("k", "i", 2min)).effect, TicketEffect::opened);
    EXPECT_EQ(store.ticket(2).firing_instances, 1);
}

TEST_F(Instances, AResolvedAlertWithoutInstanceEndsTheKeysTrouble)
{
    take(alerts.instance("k", "i"));
    EXPECT_EQ(take(alerts.resolved("k", 1min)).effect, TicketEffect::recovered);
}

TEST_F(Instances, EndsThatPassWithoutARefreshRecoverTheTicket)
{
    take(alerts.instance("k", "a", 0min));
    take(alerts.instance("k", "b", 2min));
    EXPECT_THAT(store.expire_due(at(5min)).events, IsEmpty());
    EXPECT_EQ(store.ticket(1).firing_instances, 1);
    EXPECT_FALSE(store.instances.at("a").firing);
    EXPECT_EQ(store.ticket(1).state, InState::open);
    const auto outcome = store.expire_due(at(7min));
    ASSERT_THAT(kinds(outcome.events), ElementsAre(recovered));
    EXPECT_EQ(outcome.events.front().data, R"({"reason":"expired"})");
    EXPECT_EQ(outcome.events.front().actor, "system");
    EXPECT_EQ(outcome.events.front().at, at(7min));
    EXPECT_THAT(told(outcome.notices), ElementsAre(recovered));
    EXPECT_THAT(outcome.verdicts, IsEmpty());
    EXPECT_EQ(outcome.next_number, 2) << "expiring opens nothing";
}

TEST_F(Instances, ExpiringTwiceOrWithoutATicketChangesNothingMore)
{
    const InstanceState gone{.key = "i", .ticket_id = {}, .starts_at = kNoon, .ends_at = kNoon, .firing = true};
    auto outcome = expire({gone, gone}, {}, at(1min));
    ASSERT_EQ(outcome.instances.size(), 1U);
    EXPECT_FALSE(outcome.instances.front().firing);
    EXPECT_THAT(outcome.events, IsEmpty());
    outcome = expire(outcome.instances, {}, at(2min));
    EXPECT_THAT(outcome.instances, IsEmpty());
}

TEST_F(Instances, AnInstanceWithoutAnEndNeverExpires)
{
    auto alert = alerts.instance("k", "i");
    alert.alert.ends_at.reset();
    alert.alert.starts_at.reset();
    take(alert);
    EXPECT_EQ(store.instances.at("i").starts_at, at(0min)) << "when it came in, where the sender does not say";
    EXPECT_THAT(store.expire_due(at(24h * 365)).instances, IsEmpty());
}

}  // namespace winnow::triage
