#include "unit/triage/store_model.hpp"

#include <gmock/gmock.h>

#include <random>

namespace winnow::triage {
namespace {

using namespace std::chrono_literals;
using domain::Disposition;
using domain::FlapAction;
using domain::FlapMode;
using domain::HoldKind;
using domain::PauseAction;
using domain::ThresholdAction;
using domain::ThresholdMode;
using domain::TicketEffect;
using InState = domain::TicketState;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using enum domain::TicketEventKind;

constexpr PauseAction kPause{.duration = 5min};
constexpr ThresholdAction kThree{.count = 3, .within = 10min, .mode = ThresholdMode::every};
constexpr FlapAction kFlap{.transitions = 3, .within = 30min, .settle = 10min, .mode = FlapMode::transitions};

struct Holds : testing::Test {
    AlertSource alerts;
    StoreModel store;

    domain::Verdict take(const Evaluated& evaluated) { return store.apply({evaluated}).verdicts.front(); }
    domain::Verdict paused(std::chrono::milliseconds when) { return take(asking(alerts.firing("k", when), 1, kPause)); }
    domain::Verdict counted(std::chrono::milliseconds when, ThresholdAction terms = kThree)
    {
        return take(asking(alerts.firing("k", when), 2, terms));
    }
    domain::Verdict flapped(std::chrono::milliseconds when, bool firing)
    {
        return take(asking(firing ? alerts.firing("k", when) : alerts.resolved("k", when), 3, kFlap));
    }
    domain::Verdict resolved(std::chrono::milliseconds when) { return take(alerts.resolved("k", when)); }
    const TicketState& only() const
    {
        EXPECT_EQ(store.tickets.size(), 1U);
        return store.tickets.begin()->second;
    }
    std::vector<domain::TicketEventKind> pages() const { return told(store.notices); }
};

}  // namespace

// ---- pause

TEST_F(Holds, APauseHoldsTheTicketAndLetsItGoWhenItIsOver)
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

TEST_F(Holds, WhatEndsWithinThePauseClosesUnheard)
{
    paused(0s);
    const auto verdict = resolved(5min - 1ms);
    EXPECT_EQ(verdict.disposition, Disposition::resolved);
    EXPECT_EQ(verdict.effect, TicketEffect::recovered);
    EXPECT_EQ(only().state, InState::closed);
    EXPECT_EQ(only().closed_at, at(5min - 1ms));
    store.pass(at(1h));
    EXPECT_THAT(pages(), IsEmpty());
}

TEST_F(Holds, WhatEndsAfterThePauseIsToldOfTwiceEvenWhereTheTimersWereAsleep)
{
    paused(0s);
    EXPECT_EQ(resolved(5min).effect, TicketEffect::recovered) << "at its last instant the pause is over";
    ASSERT_THAT(pages(), ElementsAre(opened, recovered));
    EXPECT_EQ(store.notices[0].event.at, at(5min));
    EXPECT_EQ(only().state, InState::recovered);
}

TEST_F(Holds, APauseRunsFromItsFirstAlertOn)
{
    paused(0s);
    EXPECT_EQ(paused(4min).disposition, Disposition::held);
    EXPECT_EQ(only().restraint.until, at(5min));
    EXPECT_EQ(only().occurrences, 2);
    EXPECT_EQ(paused(6min).disposition, Disposition::ticketed) << "it was let go a minute before";
    EXPECT_THAT(pages(), ElementsAre(opened));
    EXPECT_EQ(only().occurrences, 3);
}

TEST_F(Holds, AnAlertThatNoRuleHoldsLetsTheTicketGoAtOnce)
{
    paused(0s);
    EXPECT_EQ(take(with(alerts.firing("k", 1min), domain::Severity::critical)).disposition, Disposition::ticketed);
    EXPECT_EQ(only().state, InState::open);
    ASSERT_THAT(pages(), ElementsAre(opened)) << "with the severity, not beside it";
    EXPECT_EQ(store.notices.front().ticket.severity, domain::Severity::critical);
    EXPECT_EQ(store.notices.front().event.at, at(1min));
}

TEST_F(Holds, APauseHoldsNothingOfATicketThatPeopleKnow)
{
    take(alerts.firing("k"));
    EXPECT_EQ(paused(1min).disposition, Disposition::ticketed);
    EXPECT_EQ(take(asking(with(alerts.firing("k", 2min), domain::Severity::critical), 1, kPause)).disposition,
              Disposition::ticketed);
    EXPECT_THAT(pages(), ElementsAre(opened, severity_changed));
}

TEST_F(Holds, OfTwoPausesTheLongerOneCounts)
{
    take(asking(asking(alerts.firing("k"), 1, kPause), 4, PauseAction{.duration = 9min}));
    EXPECT_EQ(only().restraint.until, at(9min));
}

TEST_F(Holds, ARecoveredTicketIsHeldAgainAndGoesBackToWhatItWas)
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

TEST_F(Holds, OfATicketThatNobodyEverKnewTheOpeningIsToldNotTheReopening)
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

TEST_F(Holds, BeyondTheReopenWindowANewTicketIsHeld)
{
    store.settings.reopen_window = 1min;
    paused(0s);
    resolved(1min);
    EXPECT_EQ(paused(2min + 1ms).effect, TicketEffect::opened);
    EXPECT_EQ(store.tickets.size(), 2U);
    EXPECT_EQ(store.ticket(2).state, InState::held);
}

TEST_F(Holds, ASuppressedTicketIsLetGoAndToldToNobody)
{
    const auto verdict = take(suppressed(asking(alerts.firing("k"), 1, kPause)));
    EXPECT_EQ(verdict.disposition, Disposition::suppressed);
    EXPECT_EQ(only().state, InState::held);
    store.pass(at(5min));
    EXPECT_EQ(only().state, InState::open);
    EXPECT_TRUE(only().suppressed);
    EXPECT_THAT(pages(), IsEmpty());
}

TEST_F(Holds, ASuppressedAlertLetsNothingGo)
{
    paused(0s);
    take(suppressed(alerts.firing("k", 1min)));
    EXPECT_EQ(only().state, InState::held);
    EXPECT_THAT(pages(), IsEmpty());
}

TEST_F(Holds, LiftingTheSuppressionOfAHeldTicketTellsNobodyYet)
{
    take(suppressed(asking(alerts.firing("k"), 1, kPause)));
    paused(1min);
    EXPECT_FALSE(only().suppressed);
    EXPECT_THAT(pages(), IsEmpty());
    store.pass(at(5min));
    EXPECT_THAT(pages(), ElementsAre(opened));
}

TEST_F(Holds, AnInstanceThatEndsUnheardWithinThePauseClosesTheTicket)
{
    take(asking(alerts.instance("k", "i"), 1, PauseAction{.duration = 6min}));  // ends after five
    store.expire_due(at(5min));
    EXPECT_EQ(only().state, InState::closed);
    EXPECT_THAT(pages(), IsEmpty());
}

TEST_F(Holds, AnInstanceThatEndsAfterThePauseWasToldOfBefore)
{
    take(asking(alerts.instance("k", "i"), 1, PauseAction{.duration = 4min}));
    store.expire_due(at(20min));
    EXPECT_THAT(pages(), ElementsAre(opened, recovered));
}

TEST_F(Holds, ARepeatOfAHeldInstanceIsHeldToo)
{
    take(asking(alerts.instance("k", "i"), 1, kPause));
    const auto verdict = take(asking(alerts.instance("k", "i", 1min), 1, kPause));
    EXPECT_EQ(verdict.effect, TicketEffect::refreshed);
    EXPECT_EQ(verdict.disposition, Disposition::held);
    EXPECT_EQ(verdict.held_by->until, at(5min));
    EXPECT_EQ(only().occurrences, 1);
}

// ---- threshold

TEST_F(Holds, BelowItsCountAThresholdHoldsAndReachingItTellsOnce)
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

TEST_F(Holds, AThresholdThatIsNotReachedInItsTimeIsGivenUpUnheard)
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

TEST_F(Holds, InModeEveryTheNextTroubleTellsAtOnceInModeResetItCountsAnew)
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

TEST_F(Holds, APauseBeginsWhenTheThresholdIsReached)
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

TEST_F(Holds, EachKeyAndEachRuleCountsByItself)
{
    counted(0s);
    counted(1s);
    take(asking(alerts.firing("other", 2s), 2, kThree));
    take(asking(alerts.firing("k", 3s), 7, {kThree}));
    EXPECT_EQ(store.machines.size(), 3U);
    EXPECT_THAT(pages(), IsEmpty());
}

TEST_F(Holds, ARepeatOfAnInstanceDoesNotCount)
{
    for (int i = 0; i < 9; ++i) take(asking(alerts.instance("k", "i", i * 1s), 2, kThree));
    EXPECT_EQ(only().state, InState::held);
    take(asking(alerts.instance("k", "j", 10s), 2, kThree));
    take(asking(alerts.instance("k", "l", 11s), 2, kThree));
    EXPECT_THAT(pages(), ElementsAre(opened));
}

TEST_F(Holds, ADroppedAlertCountsNowhere)
{
    auto alert = asking(alerts.firing("k"), 2, kThree);
    alert.evaluation.dropped = true;
    EXPECT_THAT(keys_of({alert}).machines, IsEmpty());
    take(alert);
    EXPECT_TRUE(store.machines.empty());
}

// ---- flap

TEST_F(Holds, FlappingIsToldOfOnceAndItsEndOnceMore)
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

TEST_F(Holds, WhatSettlesWhileItFiresIsToldToBeThere)
{
    for (int i = 0; i < 5; ++i) flapped(i * 1min, i % 2 == 0);
    store.notices.clear();
    store.pass(at(14min));
    EXPECT_THAT(pages(), ElementsAre(flapping_settled));
    EXPECT_EQ(only().state, InState::open);
    EXPECT_EQ(resolved(15min).effect, TicketEffect::recovered);
    EXPECT_THAT(pages(), ElementsAre(flapping_settled, recovered));
}

TEST_F(Holds, AnAlertThatComesAfterTheEndFindsItSettled)
{
    for (int i = 0; i < 5; ++i) flapped(i * 1min, i % 2 == 0);
    store.notices.clear();
    EXPECT_EQ(flapped(14min, false).disposition, Disposition::resolved);
    EXPECT_THAT(pages(), ElementsAre(flapping_settled, recovered));
}

TEST_F(Holds, WhileItFlapsARaisedSeverityIsHeldBack)
{
    for (int i = 0; i < 5; ++i) flapped(i * 1min, i % 2 == 0);
    store.notices.clear();
    take(asking(with(alerts.firing("k", 5min), domain::Severity::critical), 3, kFlap));
    EXPECT_EQ(only().severity, domain::Severity::critical);
    EXPECT_THAT(pages(), IsEmpty());
}

TEST_F(Holds, AnAlertThatTheFlapRuleDoesNotMatchIsHeldBackWithItsTicket)
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

TEST_F(Holds, AFlappingTicketThatSomebodyClosedIsNotToldOfWhenItSettles)
{
    for (int i = 0; i < 5; ++i) flapped(i * 1min, i % 2 == 0);
    store.tickets.begin()->second.state = InState::closed;
    store.tickets.begin()->second.closed_at = at(5min);
    store.notices.clear();
    store.pass(at(1h));
    EXPECT_THAT(pages(), IsEmpty());
    EXPECT_EQ(only().restraint.flapping, Flapping::no);
}

TEST_F(Holds, FlappingGoesBeforeAPauseAndTellsOfAHeldTicket)
{
    const auto both = [&](std::chrono::milliseconds when, bool firing) {
        auto alert = firing ? alerts.firing("k", when) : alerts.resolved("k", when);
        return take(asking(asking(std::move(alert), 1, kPause), 3, kFlap));
    };
    for (int i = 0; i < 4; ++i) both(i * 1min, i % 2 == 0);
    EXPECT_THAT(pages(), ElementsAre(flapping_started)) << "each blink was held; their number is news";
    EXPECT_EQ(only().state, InState::open);
}

TEST_F(Holds, InstancesFlapWithTheLastOfThem)
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

TEST_F(Holds, ASuppressedTicketFlapsUnheard)
{
    for (int i = 0; i < 6; ++i) {
        auto alert = i % 2 == 0 ? alerts.firing("k", i * 1min) : alerts.resolved("k", i * 1min);
        take(suppressed(asking(std::move(alert), 3, kFlap)));
    }
    store.pass(at(1h));
    EXPECT_THAT(pages(), IsEmpty());
}

// ---- the rest

TEST_F(Holds, ANoteIsACommentOfTheRuleOnATicketThatOpens)
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

TEST_F(Holds, HoweverTheTimersAndTheBatchesFallTheSameIsToldAtTheSameTimes)
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
