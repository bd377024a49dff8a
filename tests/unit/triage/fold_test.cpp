#include "unit/triage/store_model.hpp"

#include <gmock/gmock.h>

#include <ostream>

namespace winnow::triage {

namespace {

using namespace std::chrono_literals;
using domain::Disposition;
using domain::Severity;
using domain::TicketEffect;
using InState = domain::TicketState;
using testing::ElementsAre;
using testing::IsEmpty;
using enum domain::TicketEventKind;

ContactGroupId group(std::uint64_t n)
{
    return ContactGroupId(Uuid::from_words(7, n));
}

struct Fold : testing::Test {
    AlertSource alerts;
    StoreModel store;

    domain::Verdict take(const Evaluated& evaluated) { return store.apply({evaluated}).verdicts.front(); }
    triage::TicketCore& only() { return store.tickets.begin()->second; }
    void put_into(InState state)
    {
        take(alerts.firing("k"));
        only().state = state;
        if (state == InState::closed) only().closed_at = at(1min);
        if (state == InState::recovered) only().recovered_at = at(1min);
        store.events.clear();
        store.notices.clear();
    }
};

}  // namespace

TEST_F(Fold, AFiringAlertOpensATicketNamedAfterItself)
{
    auto alert = routed(with(alerts.firing("db-7/disk", 3s), Severity::critical), {group(1)});
    alert.alert.component = "disk";
    alert.alert.group = "db";
    alert.alert.class_name = "disk_full";
    alert.alert.labels.set("env", "prod");
    const auto outcome = store.apply({alert});

    ASSERT_EQ(outcome.opened.size(), 1U);
    const auto& ticket = outcome.opened.front().ticket;
    EXPECT_EQ(ticket.id, domain::ticket_id_at(alert.position));
    EXPECT_EQ(ticket.number, 1);
    EXPECT_EQ(outcome.next_number, 2);
    EXPECT_EQ(ticket.state, InState::open);
    EXPECT_EQ(ticket.severity, Severity::critical);
    EXPECT_EQ(ticket.title, "disk full");
    EXPECT_EQ(ticket.description, "93%");
    EXPECT_EQ(ticket.component, "disk");
    EXPECT_EQ(ticket.group, "db");
    EXPECT_EQ(ticket.class_name, "disk_full");
    EXPECT_EQ(*ticket.labels.find("env"), "prod");
    EXPECT_EQ(ticket.occurrences, 1);
    EXPECT_EQ(ticket.first_seen_at, at(3s));
    EXPECT_EQ(ticket.last_seen_at, at(3s));
    EXPECT_EQ(ticket.opened_at, at(3s));
    EXPECT_EQ(ticket.event_seq, 1);
    EXPECT_THAT(ticket.route, ElementsAre(group(1)));

    ASSERT_EQ(outcome.events.size(), 1U);
    const auto& event = outcome.events.front();
    EXPECT_EQ(event.seq, 1);
    EXPECT_EQ(event.kind, opened);
    EXPECT_EQ(event.actor, "system");
    EXPECT_EQ(event.data, R"({"alert_id":")" + domain::alert_id_at(alert.position).str() +
                              R"(","severity":"critical","title":"disk full"})");
    ASSERT_EQ(outcome.notices.size(), 1U);
    EXPECT_EQ(outcome.notices.front().ticket.description, "93%");
    EXPECT_EQ(outcome.notices.front().ticket.event_seq, 1);

    const auto& verdict = outcome.verdicts.front();
    EXPECT_EQ(verdict.disposition, Disposition::ticketed);
    EXPECT_EQ(verdict.effect, TicketEffect::opened);
    EXPECT_EQ(verdict.ticket_id, ticket.id);
    EXPECT_EQ(verdict.dedup_key, "") << "the alert's own key is not repeated";
}

TEST_F(Fold, AVerdictKeepsTheKeyThatRulesMadeAndTheRulesThatMatched)
{
    auto alert = alerts.firing("made by a rule");
    alert.evaluation.dedup_key_changed = true;
    alert.evaluation.matches = {{RuleId(Uuid::from_words(1, 1)), 4}};
    const auto verdict = take(alert);
    EXPECT_EQ(verdict.dedup_key, "made by a rule");
    EXPECT_EQ(verdict.matches, alert.evaluation.matches);
}

TEST_F(Fold, FurtherAlertsOfTheKeyJoinSilently)
{
    const auto outcome = store.apply({alerts.firing("k", 0s), alerts.firing("k", 2s), alerts.firing("k", 1s)});
    ASSERT_EQ(outcome.opened.size(), 1U);
    EXPECT_EQ(outcome.opened.front().ticket.occurrences, 3);
    EXPECT_EQ(outcome.opened.front().ticket.last_seen_at, at(2s)) << "last_seen_at never goes back";
    EXPECT_THAT(outcome.changed, IsEmpty()) << "an opened ticket is reported once";
    EXPECT_THAT(kinds(outcome.events), ElementsAre(opened));
    EXPECT_EQ(outcome.verdicts[1].effect, TicketEffect::joined);
    EXPECT_EQ(outcome.verdicts[2].ticket_id, outcome.opened.front().ticket.id);
}

TEST_F(Fold, AHigherSeverityRaisesTheTicketsAndTells)
{
    take(with(alerts.firing("k"), Severity::warning));
    store.notices.clear();
    take(with(alerts.firing("k"), Severity::info));
    EXPECT_EQ(only().severity, Severity::warning) << "it never falls";
    EXPECT_THAT(store.notices, IsEmpty());
    const auto alert = with(alerts.firing("k"), Severity::critical);
    take(alert);
    EXPECT_EQ(only().severity, Severity::critical);
    ASSERT_THAT(told(store.notices), ElementsAre(severity_changed));
    EXPECT_EQ(store.notices.front().event.data, R"({"alert_id":")" + domain::alert_id_at(alert.position).str() +
                                                    R"(","from":"warning","to":"critical"})");
    take(with(alerts.firing("k"), Severity::critical));
    EXPECT_EQ(store.notices.size(), 1U) << "as high as it was is no raise";
}

TEST_F(Fold, ADroppedAlertLeavesNothingButItsVerdict)
{
    auto alert = alerts.instance("k", "i");
    alert.evaluation.dropped = true;
    const auto keys = keys_of({alert});
    EXPECT_THAT(keys.dedup_keys, IsEmpty());
    EXPECT_THAT(keys.instance_keys, IsEmpty());
    const auto outcome = store.apply({alert});
    EXPECT_EQ(outcome.verdicts.front().disposition, Disposition::dropped);
    EXPECT_EQ(outcome.verdicts.front().ticket_id, std::nullopt);
    EXPECT_THAT(outcome.opened, IsEmpty());
    EXPECT_THAT(outcome.events, IsEmpty());
    EXPECT_THAT(outcome.instances, IsEmpty());
}

TEST_F(Fold, AResolvedAlertRecoversTheTicket)
{
    take(alerts.firing("k"));
    const auto verdict = take(alerts.resolved("k", 1min));
    EXPECT_EQ(verdict.disposition, Disposition::resolved);
    EXPECT_EQ(verdict.effect, TicketEffect::recovered);
    EXPECT_EQ(only().state, InState::recovered);
    EXPECT_EQ(only().recovered_at, at(1min));
    EXPECT_EQ(only().last_seen_at, at(0s)) << "a recovery is no sighting";
    EXPECT_THAT(told(store.notices), ElementsAre(opened, recovered));
}

TEST_F(Fold, ARecoveryOrAcknowledgementWithNothingOpenIsIgnored)
{
    EXPECT_EQ(take(alerts.resolved("k")).disposition, Disposition::ignored);
    EXPECT_EQ(take(alerts.acknowledged("k")).disposition, Disposition::ignored);
    EXPECT_EQ(take(alerts.instance_resolved("k", "i")).disposition, Disposition::ignored);
    put_into(InState::closed);
    EXPECT_EQ(take(alerts.resolved("k")).disposition, Disposition::ignored);
    EXPECT_EQ(take(alerts.acknowledged("k")).disposition, Disposition::ignored);
    EXPECT_THAT(store.events, IsEmpty());
}

TEST_F(Fold, AnAcknowledgementTakesAnOpenTicketIntoProgressOnce)
{
    take(alerts.firing("k"));
    EXPECT_EQ(take(alerts.acknowledged("k", 1min)).effect, TicketEffect::acknowledged);
    EXPECT_EQ(only().state, InState::in_progress);
    EXPECT_EQ(only().acknowledged_at, at(1min));
    const auto again = take(alerts.acknowledged("k", 2min));
    EXPECT_EQ(again.effect, TicketEffect::none);
    EXPECT_EQ(again.disposition, Disposition::ticketed);
    EXPECT_EQ(only().acknowledged_at, at(1min));
    EXPECT_THAT(kinds(store.events), ElementsAre(opened, acknowledged));
    EXPECT_THAT(told(store.notices), ElementsAre(opened)) << "whoever acknowledges knows";
    EXPECT_EQ(take(alerts.resolved("k", 3min)).effect, TicketEffect::recovered);
}

TEST_F(Fold, ATicketOnItsWayToBeingClosedIsJoinedAndItsEndNotedButItIsNotMoved)
{
    for (const auto state : {InState::close_requested, InState::returned}) {
        store = {};
        put_into(state);
        EXPECT_EQ(take(alerts.firing("k", 2min)).effect, TicketEffect::joined);
        EXPECT_EQ(take(alerts.acknowledged("k", 2min)).effect, TicketEffect::none);
        const auto verdict = take(alerts.resolved("k", 3min));
        EXPECT_EQ(verdict.disposition, Disposition::resolved);
        EXPECT_EQ(verdict.effect, TicketEffect::recovered);
        EXPECT_EQ(only().state, state);
        EXPECT_EQ(only().recovered_at, at(3min));
        EXPECT_EQ(only().occurrences, 2);
        EXPECT_THAT(kinds(store.events), ElementsAre(recovered));
    }
}

TEST_F(Fold, ASecondRecoveryChangesNothing)
{
    put_into(InState::recovered);
    const auto verdict = take(alerts.resolved("k", 2min));
    EXPECT_EQ(verdict.disposition, Disposition::resolved);
    EXPECT_EQ(verdict.effect, TicketEffect::none);
    EXPECT_EQ(only().recovered_at, at(1min));
}

TEST_F(Fold, WithinTheReopenWindowTheTicketComesBack)
{
    store.settings.reopen_window = 10min;
    for (const auto state : {InState::recovered, InState::closed}) {
        const auto number = store.next_number;
        store.tickets.clear();
        put_into(state);
        only().acknowledged_at = at(30s);
        only().severity = Severity::critical;
        const auto verdict = take(routed(alerts.firing("k", 11min), {group(2)}));  // the window's last instant
        EXPECT_EQ(verdict.effect, TicketEffect::reopened);
        EXPECT_EQ(verdict.disposition, Disposition::ticketed);
        EXPECT_EQ(only().number, number);
        EXPECT_EQ(only().state, InState::open);
        EXPECT_EQ(only().severity, Severity::warning) << "a new episode, as bad as its alert says";
        EXPECT_EQ(only().occurrences, 2);
        EXPECT_EQ(only().acknowledged_at, std::nullopt);
        EXPECT_EQ(only().recovered_at, std::nullopt);
        EXPECT_EQ(only().closed_at, std::nullopt);
        EXPECT_THAT(only().route, ElementsAre(group(2)));
        EXPECT_THAT(told(store.notices), ElementsAre(reopened));
        EXPECT_THAT(store.events.front().data,
                    testing::HasSubstr("\"from\":\"" + std::string(to_string(state)) + "\""));
    }
}

TEST_F(Fold, BeyondTheReopenWindowANewTicketOpens)
{
    store.settings.reopen_window = 10min;
    put_into(InState::recovered);
    const auto verdict = take(alerts.firing("k", 11min + 1ms));
    EXPECT_EQ(verdict.effect, TicketEffect::opened);
    EXPECT_EQ(store.tickets.size(), 2U);
    EXPECT_EQ(store.ticket(2).state, InState::open);
    EXPECT_EQ(take(alerts.firing("k", 12min)).ticket_id, store.ticket(2).id) << "the live one, not the old one";
}

TEST_F(Fold, ATicketThatRecoveredAndWasClosedLaterCountsFromItsClosing)
{
    store.settings.reopen_window = 10min;
    put_into(InState::closed);
    only().recovered_at = at(-1h);
    EXPECT_EQ(take(alerts.firing("k", 5min)).effect, TicketEffect::reopened);
}

TEST_F(Fold, ASuppressedAlertKeepsATicketAndTellsNobody)
{
    const auto verdict = take(suppressed(alerts.firing("k"), "noisy in test"));
    EXPECT_EQ(verdict.disposition, Disposition::suppressed);
    EXPECT_EQ(verdict.effect, TicketEffect::opened);
    EXPECT_TRUE(only().suppressed);
    EXPECT_EQ(only().suppression_reason, "noisy in test");
    take(suppressed(with(alerts.firing("k"), Severity::critical)));
    EXPECT_EQ(only().severity, Severity::critical);
    EXPECT_EQ(take(alerts.resolved("k", 1min)).disposition, Disposition::resolved);
    EXPECT_EQ(take(suppressed(alerts.firing("k", 2min))).effect, TicketEffect::reopened);
    EXPECT_THAT(kinds(store.events), ElementsAre(opened, severity_changed, recovered, reopened));
    EXPECT_THAT(store.notices, IsEmpty());
}

TEST_F(Fold, TheFirstAlertThatIsNotSuppressedLiftsTheSuppressionAndTellsOfTheOpening)
{
    take(suppressed(alerts.firing("k")));
    const auto verdict = take(with(alerts.firing("k"), Severity::critical));
    EXPECT_EQ(verdict.disposition, Disposition::ticketed);
    EXPECT_FALSE(only().suppressed);
    EXPECT_EQ(only().suppression_reason, "");
    EXPECT_THAT(kinds(store.events), ElementsAre(opened, severity_changed, opened));
    ASSERT_THAT(told(store.notices), ElementsAre(opened)) << "one message, not two";
    EXPECT_EQ(store.notices.front().event.seq, 3);
    EXPECT_EQ(store.notices.front().ticket.severity, Severity::critical);
    EXPECT_THAT(store.notices.front().event.data, testing::HasSubstr(R"("unsuppressed":true)"));
}

TEST_F(Fold, ASuppressedAlertDoesNotSilenceATicketThatPeopleKnowOf)
{
    take(alerts.firing("k"));
    const auto verdict = take(suppressed(with(alerts.firing("k"), Severity::critical)));
    EXPECT_EQ(verdict.disposition, Disposition::suppressed);
    EXPECT_EQ(verdict.effect, TicketEffect::joined);
    EXPECT_FALSE(only().suppressed);
    EXPECT_EQ(only().severity, Severity::warning) << "left for an alert that may tell of it";
    take(with(alerts.firing("k"), Severity::critical));
    take(alerts.resolved("k", 1min));
    EXPECT_THAT(told(store.notices), ElementsAre(opened, severity_changed, recovered));
}

TEST_F(Fold, ASuppressedTicketThatReopensUnsuppressedTells)
{
    take(suppressed(alerts.firing("k")));
    take(alerts.resolved("k", 1min));
    take(alerts.firing("k", 2min));
    EXPECT_FALSE(only().suppressed);
    EXPECT_THAT(told(store.notices), ElementsAre(opened)) << "of the first episode nobody heard";
}

TEST_F(Fold, ARouteGrowsAndKeepsWhoeverWasToldOfTheOpening)
{
    store.settings.default_route = {group(9)};
    take(alerts.firing("k"));
    EXPECT_THAT(only().route, IsEmpty()) << "the default route, whatever it is when a message goes out";
    take(routed(alerts.firing("k"), {group(1)}));
    EXPECT_THAT(only().route, ElementsAre(group(9), group(1)));
    take(routed(alerts.firing("k"), {group(1), group(2)}));
    EXPECT_THAT(only().route, ElementsAre(group(9), group(1), group(2)));
    take(alerts.firing("k"));
    EXPECT_EQ(only().route.size(), 3U);
}

TEST_F(Fold, KeysAreSortedAndUnique)
{
    const auto keys =
        keys_of({alerts.instance("b", "2"), alerts.instance("a", "1"), alerts.instance("b", "1"), alerts.firing("c")});
    EXPECT_THAT(keys.dedup_keys, ElementsAre("a", "b", "c"));
    EXPECT_THAT(keys.instance_keys, ElementsAre("1", "2"));
}

TEST_F(Fold, NothingComesOfNothing)
{
    const auto outcome = fold({}, {.tickets = {}, .instances = {}, .next_number = 7}, {});
    EXPECT_THAT(outcome.verdicts, IsEmpty());
    EXPECT_THAT(outcome.events, IsEmpty());
    EXPECT_EQ(outcome.next_number, 7);
}

TEST_F(Fold, StatesThatNoAlertTouchesAreNotWritten)
{
    take(alerts.firing("a"));
    States states{.tickets = {only()}, .instances = {}, .next_number = 2};
    const auto outcome = fold({alerts.firing("b")}, states, {});
    EXPECT_THAT(outcome.changed, IsEmpty());
    EXPECT_EQ(outcome.opened.size(), 1U);
}

}  // namespace winnow::triage
