#include "unit/triage/holds_fixture.hpp"

namespace winnow::triage {

namespace {

/// Alerts that come in one row.
struct Together : HoldRules {
    /// Gives them one row and an index each.
    static std::vector<Evaluated> row(std::vector<Evaluated> batch)
    {
        const auto first = batch.front().position.row;
        for (std::size_t i = 0; i < batch.size(); ++i) {
            batch[i].position = {.row = first, .index = static_cast<std::uint16_t>(i)};
        }
        return batch;
    }
    Outcome push(std::vector<Evaluated> batch) { return store.apply(row(std::move(batch))); }
};

}  // namespace

TEST_F(Together, AnInstanceThatEndsWhileAnotherBeginsChangesNothingForPeople)
{
    push({alerts.instance("k", "p1")});
    store.apply({alerts.acknowledged("k", 1s)});
    const auto outcome = push({alerts.instance_resolved("k", "p1", 2s), alerts.instance("k", "p2", 2s)});
    EXPECT_EQ(only().state, InState::in_progress) << "whoever is at work on it stays so";
    EXPECT_EQ(only().firing_instances, 1);
    EXPECT_THAT(outcome.events, IsEmpty());
    EXPECT_EQ(outcome.verdicts[0].disposition, Disposition::resolved);
    EXPECT_EQ(outcome.verdicts[0].effect, TicketEffect::none);
    EXPECT_EQ(outcome.verdicts[1].effect, TicketEffect::joined);
    EXPECT_THAT(pages(), ElementsAre(opened));
}

TEST_F(Together, TheOrderWithinARowDoesNotDecide)
{
    push({alerts.instance("k", "p1")});
    push({alerts.instance("k", "p2", 2s), alerts.instance_resolved("k", "p1", 2s)});
    EXPECT_EQ(only().state, InState::open);
    EXPECT_THAT(pages(), ElementsAre(opened));
}

TEST_F(Together, OfOneKeyItsLastAlertCounts)
{
    push({alerts.firing("k")});
    push({alerts.resolved("k", 1s), alerts.firing("k", 1s)});
    EXPECT_EQ(only().state, InState::open);
    const auto outcome = push({alerts.firing("k", 2s), alerts.resolved("k", 2s)});
    EXPECT_EQ(only().state, InState::recovered);
    EXPECT_EQ(outcome.verdicts[1].effect, TicketEffect::recovered);
    EXPECT_THAT(pages(), ElementsAre(opened, recovered));
}

TEST_F(Together, WhatComesAndGoesWithinARowIsKeptAndToldToNobody)
{
    push({alerts.firing("k"), alerts.resolved("k")});
    EXPECT_EQ(only().state, InState::recovered);
    EXPECT_THAT(kinds(store.events), ElementsAre(opened, recovered));
    for (const auto& event : store.events) EXPECT_THAT(event.data, HasSubstr(R"("batched":true)"));
    EXPECT_THAT(pages(), IsEmpty());
    push({alerts.firing("k", 1min)});
    EXPECT_THAT(pages(), ElementsAre(opened)) << "the first word that people hear";
    push({alerts.resolved("k", 2min)});
    push({alerts.firing("k", 3min), alerts.resolved("k", 3min)});
    EXPECT_THAT(pages(), ElementsAre(opened, recovered));
    push({alerts.firing("k", 4min)});
    EXPECT_THAT(pages(), ElementsAre(opened, recovered, reopened));
}

TEST_F(Together, AnOpeningTellsOfAllThatCameWithIt)
{
    auto worse = with(alerts.firing("k"), domain::Severity::critical);
    worse.alert.title = "disk full, and it burns";
    push({alerts.firing("k"), std::move(worse), alerts.firing("other")});
    ASSERT_THAT(pages(), ElementsAre(opened, opened));
    EXPECT_EQ(store.notices[0].ticket.severity, domain::Severity::critical);
    EXPECT_EQ(store.notices[0].ticket.title, "disk full, and it burns");
    EXPECT_EQ(store.notices[0].ticket.occurrences, 2);
    EXPECT_THAT(kinds(store.events), ElementsAre(opened, severity_changed, opened));
}

TEST_F(Together, AHeldTicketStaysHeldWhereItsTroubleGoesOn)
{
    push({asking(alerts.firing("k"), 1, kPause)});
    push({alerts.resolved("k", 1min), asking(alerts.firing("k", 1min), 1, kPause)});
    EXPECT_EQ(only().state, InState::held);
    EXPECT_EQ(only().restraint.until, at(5min)) << "from its first alert on";
    push({alerts.resolved("k", 2min)});
    EXPECT_EQ(only().state, InState::closed);
    EXPECT_THAT(pages(), IsEmpty());
}

using FirstWord = Together;

TEST_F(FirstWord, AfterASuppressedEpisodeIsTheOpening)
{
    push({suppressed(alerts.firing("k"))});
    push({alerts.resolved("k", 1min)});
    push({alerts.firing("k", 2min)});
    EXPECT_THAT(pages(), ElementsAre(opened));
    EXPECT_EQ(store.notices[0].event.kind, opened);
    push({alerts.resolved("k", 3min)});
    push({suppressed(alerts.firing("k", 4min))});
    push({alerts.resolved("k", 5min)});
    push({alerts.firing("k", 6min)});
    EXPECT_THAT(pages(), ElementsAre(opened, recovered, reopened)) << "by now they know of it";
}

TEST_F(FirstWord, IsOneOnlyAlsoWhereALaterEpisodeBeginsQuietly)
{
    push({alerts.firing("k")});
    push({alerts.resolved("k", 1min)});
    push({suppressed(alerts.firing("k", 2min))});
    push({alerts.firing("k", 3min)});
    EXPECT_THAT(pages(), ElementsAre(opened, recovered, reopened));
    EXPECT_THAT(store.events.back().data, HasSubstr(R"("unsuppressed":true)"));
}

TEST_F(FirstWord, OfAHeldTicketThatFlapsIsTheOpening)
{
    take(asking(alerts.firing("k"), 1, kPause));
    for (int i = 1; i <= 3; ++i) {
        const auto when = i * 10s;
        take(asking(asking(i % 2 == 0 ? alerts.firing("k", when) : alerts.resolved("k", when), 3, kFlap), 1, kPause));
    }
    take(asking(asking(alerts.firing("k", 50s), 3, kFlap), 1, kPause));
    ASSERT_FALSE(store.notices.empty());
    EXPECT_EQ(pages().front(), opened);
    EXPECT_EQ(std::ranges::count(pages(), opened), 1);
}

TEST_F(Together, ARuleThatSettlesAmongARowsAlertsLeavesAloneWhatTheRowHasToldBefore)
{
    constexpr std::uint64_t kOtherRule = 4;
    for (int i = 0; i < 5; ++i) {
        auto alert = i % 2 == 0 ? alerts.firing("k", i * 1min) : alerts.resolved("k", i * 1min);
        take(asking(std::move(alert), kOtherRule, kFlap));  // due at 14 min
    }
    for (int i = 5; i < 10; ++i) flapped(i * 1min, i % 2 == 0);  // due at 19 min
    store.tickets.begin()->second.state = InState::closed;
    store.tickets.begin()->second.closed_at = at(10min);
    store.notices.clear();
    // The timers are late: the other rule settles when its alert of the row comes.
    push({alerts.firing("k", 15min), with(alerts.firing("k", 15min), domain::Severity::critical),
          asking(alerts.firing("k", 15min), 3, kFlap), asking(alerts.firing("k", 15min), kOtherRule, kFlap)});
    EXPECT_THAT(pages(), ElementsAre(reopened, severity_changed, flapping_started, flapping_settled));
    EXPECT_EQ(only().state, InState::open);
    EXPECT_EQ(only().restraint.flapping, Flapping::no);
    for (const auto& event : store.events) EXPECT_THAT(event.data, testing::Not(HasSubstr("batched")));
}

}  // namespace winnow::triage
