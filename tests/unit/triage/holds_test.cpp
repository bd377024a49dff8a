#include "unit/triage/holds_fixture.hpp"

#include <random>

namespace winnow::triage {

// ---- pause

TEST_F(HoldRules, APauseHoldsTheTicketAndLetsItGoWhenItIsOver)
{
    const auto verdict = paused(0s);
    EXPECT_EQ(verdict.disposition, Disposition::held);
    EXPECT_EQ(verdict.effect, TicketEffect::opened);
    ASSERT_TRUE(verdict.held_by);
    EXPECT_EQ(verdict.held_by->kind, HoldKind::pause);
    EXPECT_EQ(verdict.held_by->until, at(5min));
    EXPECT_EQ(only().state, InState::held);
    EXPECT_THAT(pages(), IsEmpty());
    store.pass(at(5min - 1ms));
    EXPECT_EQ(only().state, InState::held);
    store.pass(at(7min));
    EXPECT_EQ(only().state, InState::open);
    EXPECT_EQ(only().restraint, Restraint{});
    ASSERT_THAT(pages(), ElementsAre(opened));
    EXPECT_EQ(store.notices.front().event.at, at(5min)) << "when it was due, however late the timers are";
    EXPECT_THAT(store.notices.front().event.data, HasSubstr(R"("released":"pause")"));
    EXPECT_EQ(store.notices.front().ticket.state, InState::open);
    store.pass(at(8min));
    EXPECT_EQ(store.notices.size(), 1U) << "once";
}

TEST_F(HoldRules, WhatEndsWithinThePauseClosesUnheard)
{
    paused(0s);
    const auto verdict = resolved(5min - 1ms);
    EXPECT_EQ(verdict.disposition, Disposition::resolved);
    EXPECT_EQ(verdict.effect, TicketEffect::recovered);
    EXPECT_EQ(only().state, InState::closed);
    EXPECT_EQ(only().closed_at, at(5min - 1ms));
    EXPECT_THAT(store.events.back().data, HasSubstr(R"(","unheard":true})"));
    store.pass(at(1h));
    EXPECT_THAT(pages(), IsEmpty());
}

TEST_F(HoldRules, WhatEndsAfterThePauseIsToldOfTwiceEvenWhereTheTimersWereAsleep)
{
    paused(0s);
    EXPECT_EQ(resolved(5min).effect, TicketEffect::recovered) << "at its last instant the pause is over";
    ASSERT_THAT(pages(), ElementsAre(opened, recovered));
    EXPECT_EQ(store.notices[0].event.at, at(5min));
    EXPECT_EQ(only().state, InState::recovered);
}

TEST_F(HoldRules, APauseRunsFromItsFirstAlertOn)
{
    paused(0s);
    EXPECT_EQ(paused(4min).disposition, Disposition::held);
    EXPECT_EQ(only().restraint.until, at(5min));
    EXPECT_EQ(only().occurrences, 2);
    EXPECT_EQ(paused(6min).disposition, Disposition::ticketed) << "it was let go a minute before";
    EXPECT_THAT(pages(), ElementsAre(opened));
    EXPECT_EQ(only().occurrences, 3);
}

TEST_F(HoldRules, AnAlertThatNoRuleHoldsLetsTheTicketGoAtOnce)
{
    paused(0s);
    EXPECT_EQ(take(with(alerts.firing("k", 1min), domain::Severity::critical)).disposition, Disposition::ticketed);
    EXPECT_EQ(only().state, InState::open);
    ASSERT_THAT(pages(), ElementsAre(opened)) << "with the severity, not beside it";
    EXPECT_EQ(store.notices.front().ticket.severity, domain::Severity::critical);
    EXPECT_EQ(store.notices.front().event.at, at(1min));
}

TEST_F(HoldRules, APauseHoldsNothingOfATicketThatPeopleKnow)
{
    take(alerts.firing("k"));
    EXPECT_EQ(paused(1min).disposition, Disposition::ticketed);
    EXPECT_EQ(take(asking(with(alerts.firing("k", 2min), domain::Severity::critical), 1, kPause)).disposition,
              Disposition::ticketed);
    EXPECT_THAT(pages(), ElementsAre(opened, severity_changed));
}

TEST_F(HoldRules, OfTwoPausesTheLongerOneCounts)
{
    take(asking(asking(alerts.firing("k"), 1, kPause), 4, PauseAction{.duration = 9min}));
    EXPECT_EQ(only().restraint.until, at(9min));
}

TEST_F(HoldRules, ARecoveredTicketIsHeldAgainAndGoesBackToWhatItWas)
{
    take(alerts.firing("k"));
    resolved(1min);
    store.notices.clear();
    EXPECT_EQ(paused(2min).effect, TicketEffect::reopened);
    EXPECT_EQ(only().state, InState::held);
    EXPECT_EQ(only().recovered_at, at(1min));
    resolved(3min);
    EXPECT_EQ(only().state, InState::recovered);
    EXPECT_EQ(only().recovered_at, at(1min));
    EXPECT_THAT(pages(), IsEmpty());
    paused(4min);
    store.pass(at(9min));
    EXPECT_EQ(only().state, InState::open);
    EXPECT_EQ(only().recovered_at, std::nullopt);
    ASSERT_THAT(pages(), ElementsAre(reopened));
    EXPECT_THAT(store.notices.front().event.data, HasSubstr(R"("from":"recovered")"));
}

TEST_F(HoldRules, OfATicketThatNobodyEverKnewTheOpeningIsToldNotTheReopening)
{
    paused(0s);
    resolved(1min);
    paused(2min);
    EXPECT_EQ(only().occurrences, 2) << "one ticket, however often it blinks";
    store.pass(at(7min));
    EXPECT_THAT(pages(), ElementsAre(opened));
    EXPECT_EQ(only().closed_at, std::nullopt);
    store = {};
    paused(0s);
    resolved(1min);
    take(alerts.firing("k", 2min));
    EXPECT_THAT(pages(), ElementsAre(opened));
}

TEST_F(HoldRules, BeyondTheReopenWindowANewTicketIsHeld)
{
    store.settings.reopen_window = 1min;
    paused(0s);
    resolved(1min);
    EXPECT_EQ(paused(2min + 1ms).effect, TicketEffect::opened);
    EXPECT_EQ(store.tickets.size(), 2U);
    EXPECT_EQ(store.ticket(2).state, InState::held);
}

TEST_F(HoldRules, ASuppressedTicketIsLetGoAndToldToNobody)
{
    const auto verdict = take(suppressed(asking(alerts.firing("k"), 1, kPause)));
    EXPECT_EQ(verdict.disposition, Disposition::suppressed);
    EXPECT_EQ(only().state, InState::held);
    store.pass(at(5min));
    EXPECT_EQ(only().state, InState::open);
    EXPECT_TRUE(only().suppressed);
    EXPECT_THAT(pages(), IsEmpty());
}

TEST_F(HoldRules, ASuppressedAlertLetsNothingGo)
{
    paused(0s);
    take(suppressed(alerts.firing("k", 1min)));
    EXPECT_EQ(only().state, InState::held);
    EXPECT_THAT(pages(), IsEmpty());
}

TEST_F(HoldRules, LiftingTheSuppressionOfAHeldTicketTellsNobodyYet)
{
    take(suppressed(asking(alerts.firing("k"), 1, kPause)));
    paused(1min);
    EXPECT_FALSE(only().suppressed);
    EXPECT_THAT(pages(), IsEmpty());
    store.pass(at(5min));
    EXPECT_THAT(pages(), ElementsAre(opened));
}

TEST_F(HoldRules, AnInstanceThatEndsUnheardWithinThePauseClosesTheTicket)
{
    take(asking(alerts.instance("k", "i"), 1, PauseAction{.duration = 6min}));  // ends after five
    store.expire_due(at(5min));
    EXPECT_EQ(only().state, InState::closed);
    EXPECT_THAT(pages(), IsEmpty());
}

TEST_F(HoldRules, AnInstanceThatEndsAfterThePauseWasToldOfBefore)
{
    take(asking(alerts.instance("k", "i"), 1, PauseAction{.duration = 4min}));
    store.expire_due(at(20min));
    EXPECT_THAT(pages(), ElementsAre(opened, recovered));
}

TEST_F(HoldRules, ARepeatOfAHeldInstanceIsHeldToo)
{
    take(asking(alerts.instance("k", "i"), 1, kPause));
    const auto verdict = take(asking(alerts.instance("k", "i", 1min), 1, kPause));
    EXPECT_EQ(verdict.effect, TicketEffect::refreshed);
    EXPECT_EQ(verdict.disposition, Disposition::held);
    EXPECT_EQ(verdict.held_by->until, at(5min));
    EXPECT_EQ(only().occurrences, 1);
}

// ---- threshold

TEST_F(HoldRules, BelowItsCountAThresholdHoldsAndReachingItTellsOnce)
{
    const auto first = counted(0s);
    EXPECT_EQ(first.disposition, Disposition::held);
    EXPECT_EQ(first.held_by->kind, HoldKind::threshold);
    EXPECT_EQ(first.held_by->count, 1);
    EXPECT_EQ(first.held_by->needed, 3);
    EXPECT_EQ(counted(1min).held_by->count, 2);
    EXPECT_EQ(only().restraint.until, at(11min));
    const auto third = counted(2min);
    EXPECT_EQ(third.disposition, Disposition::ticketed);
    EXPECT_EQ(third.effect, TicketEffect::joined);
    EXPECT_EQ(only().state, InState::open);
    EXPECT_EQ(only().occurrences, 3);
    counted(3min);
    EXPECT_THAT(pages(), ElementsAre(opened));
    EXPECT_THAT(store.notices.front().event.data, HasSubstr(R"("released":"threshold")"));
}

TEST_F(HoldRules, AThresholdIsReachedByAnAlertThatComesLate)
{
    counted(0s);
    EXPECT_EQ(counted(2min).held_by->count, 2);
    EXPECT_EQ(counted(1min).disposition, Disposition::ticketed) << "a dead node's, judged after what came later";
    EXPECT_EQ(only().state, InState::open);
    EXPECT_EQ(only().last_seen_at, at(2min));
    EXPECT_THAT(pages(), ElementsAre(opened));
}

TEST_F(HoldRules, AThresholdThatIsNotReachedInItsTimeIsGivenUpUnheard)
{
    counted(0s);
    counted(1min);
    store.pass(at(11min - 1ms));
    EXPECT_EQ(only().state, InState::held);
    store.pass(at(11min));
    EXPECT_EQ(only().state, InState::closed);
    EXPECT_EQ(counted(12min).held_by->count, 1);
    EXPECT_EQ(only().state, InState::held);
    EXPECT_THAT(pages(), IsEmpty());
}

TEST_F(HoldRules, InModeEveryTheNextTroubleTellsAtOnceInModeResetItCountsAnew)
{
    for (const auto mode : {ThresholdMode::every, ThresholdMode::reset}) {
        store = {};
        auto terms = kThree;
        terms.mode = mode;
        for (const auto when : {0s, 1s, 2s}) counted(when, terms);
        resolved(3s);
        store.notices.clear();
        counted(4s, terms);
        if (mode == ThresholdMode::every) {
            EXPECT_THAT(pages(), ElementsAre(reopened));
        } else {
            EXPECT_THAT(pages(), IsEmpty());
            EXPECT_EQ(only().state, InState::held);
        }
    }
}

TEST_F(HoldRules, APauseBeginsWhenTheThresholdIsReached)
{
    for (const auto when : {0s, 60s, 120s}) {
        take(asking(asking(alerts.firing("k", when), 2, kThree), 1, kPause));
    }
    EXPECT_EQ(only().state, InState::held);
    EXPECT_EQ(only().restraint.by, HoldKind::pause);
    EXPECT_EQ(only().restraint.until, at(7min));
    store.pass(at(7min));
    EXPECT_THAT(pages(), ElementsAre(opened));
}

TEST_F(HoldRules, EachKeyAndEachRuleCountsByItself)
{
    counted(0s);
    counted(1s);
    take(asking(alerts.firing("other", 2s), 2, kThree));
    take(asking(alerts.firing("k", 3s), 7, {kThree}));
    EXPECT_EQ(store.machines.size(), 3U);
    EXPECT_THAT(pages(), IsEmpty());
}

TEST_F(HoldRules, ARepeatOfAnInstanceDoesNotCount)
{
    for (int i = 0; i < 9; ++i) take(asking(alerts.instance("k", "i", i * 1s), 2, kThree));
    EXPECT_EQ(only().state, InState::held);
    take(asking(alerts.instance("k", "j", 10s), 2, kThree));
    take(asking(alerts.instance("k", "l", 11s), 2, kThree));
    EXPECT_THAT(pages(), ElementsAre(opened));
}

TEST_F(HoldRules, ADroppedAlertCountsNowhere)
{
    auto alert = asking(alerts.firing("k"), 2, kThree);
    alert.evaluation.dropped = true;
    EXPECT_THAT(keys_of({alert}).machines, IsEmpty());
    take(alert);
    EXPECT_TRUE(store.machines.empty());
}

// ---- the rest

TEST_F(HoldRules, ANoteIsACommentOfTheRuleOnATicketThatOpens)
{
    auto alert = alerts.firing("k");
    alert.evaluation.notes = {{RuleId(Uuid::from_words(9, 1)), "call \"Anna\"\n\\o/ \x01"}};
    alert.evaluation.priority = "P1";
    const auto outcome = store.apply({alert, alert});
    ASSERT_THAT(kinds(outcome.events), ElementsAre(opened, commented)) << "not on every alert that joins";
    EXPECT_EQ(outcome.events[1].actor, "rule:" + RuleId(Uuid::from_words(9, 1)).str());
    EXPECT_THAT(outcome.events[1].data, HasSubstr(R"("text":"call \"Anna\"\u000a\\o/ \u0001")"));
    EXPECT_EQ(outcome.opened.front().ticket.priority, "P1");
    EXPECT_THAT(pages(), ElementsAre(opened));
}

TEST_F(HoldRules, HoweverTheTimersAndTheBatchesFallTheSameIsToldAtTheSameTimes)
{
    for (unsigned seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 dice(seed);
        AlertSource source;
        std::vector<Evaluated> list;
        std::chrono::milliseconds now{0};
        for (int i = 0; i < 80; ++i) {
            now += std::chrono::seconds{dice() % 240};
            const auto key = "key " + std::to_string(dice() % 2);
            auto alert = dice() % 2 == 0 ? source.firing(key, now) : source.resolved(key, now);
            list.push_back(asking(asking(asking(std::move(alert), 1, kPause), 2, ThresholdAction{2, 10min, {}}), 3,
                                  FlapAction{4, 20min, 6min, {}}));
        }
        const auto told_at = [](const StoreModel& model) {
            std::vector<std::tuple<Timestamp, std::string, std::string>> lines;
            for (const auto& notice : model.notices) {
                lines.emplace_back(notice.event.at, std::string(to_string(notice.event.kind)), notice.ticket.dedup_key);
            }
            std::ranges::sort(lines);
            return lines;
        };
        StoreModel late;
        late.apply(list);
        late.pass(at(now + 24h));
        StoreModel prompt;
        for (const auto& alert : list) {
            prompt.pass(alert.alert.received_at);
            prompt.apply({alert});
        }
        prompt.pass(at(now + 24h));
        ASSERT_EQ(told_at(late), told_at(prompt));
        EXPECT_FALSE(late.notices.empty());
    }
}

}  // namespace winnow::triage
