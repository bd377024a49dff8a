#include "winnow/triage/rehearsal.hpp"

#include <gmock/gmock.h>

namespace winnow::triage {
namespace {

using namespace std::chrono_literals;
using domain::Disposition;
using testing::ElementsAre;
using testing::IsEmpty;
using enum domain::TicketEventKind;

constexpr Timestamp kStart{std::chrono::milliseconds{1'800'000'000'000}};

struct RehearsalTest : testing::Test {
    static domain::Rule rule(std::string condition, domain::Action action)
    {
        domain::Rule rule;
        rule.id = RuleId(Uuid::from_words(0, 1));
        rule.name = "r";
        rule.position = 1;
        rule.condition = std::move(condition);
        rule.syntax = domain::RuleSyntax::cel;
        rule.actions = {std::move(action)};
        return rule;
    }
    static Rehearsal of(std::vector<domain::Rule> rules = {}) { return {rules::RuleSet::compile(rules), {}}; }
    static domain::Alert alert(std::chrono::milliseconds after, bool firing = true)
    {
        domain::Alert alert;
        alert.title = alert.dedup_key = "k";
        alert.received_at = kStart + after;
        if (!firing) alert.status = domain::AlertStatus::resolved;
        return alert;
    }
    static std::vector<domain::TicketEventKind> told(const Rehearsal& rehearsal)
    {
        std::vector<domain::TicketEventKind> kinds;
        for (const auto& notice : rehearsal.notices()) kinds.push_back(notice.event.kind);
        return kinds;
    }
};

TEST_F(RehearsalTest, AlertsOfOneKeyMeetInOneTicketAndRecoverIt)
{
    auto rehearsal = of();
    EXPECT_EQ(rehearsal.take(alert(0s)).verdict.effect, domain::TicketEffect::opened);
    EXPECT_EQ(rehearsal.take(alert(1s)).verdict.effect, domain::TicketEffect::joined);
    EXPECT_EQ(rehearsal.take(alert(2s, false)).verdict.effect, domain::TicketEffect::recovered);
    const auto tickets = rehearsal.tickets();
    ASSERT_EQ(tickets.size(), 1U);
    EXPECT_EQ(tickets[0].state.occurrences, 2);
    EXPECT_EQ(tickets[0].state.state, domain::TicketState::recovered);
    EXPECT_EQ(tickets[0].opened.title, "k");
    EXPECT_THAT(told(rehearsal), ElementsAre(opened, recovered));
}

TEST_F(RehearsalTest, WhatIsDueHappensWhenTheClockPassesIt)
{
    auto rehearsal = of({rule("true", domain::PauseAction{.duration = 5min})});
    EXPECT_EQ(rehearsal.take(alert(0s)).verdict.disposition, Disposition::held);
    rehearsal.pass(kStart + 5min - 1ms);
    EXPECT_THAT(told(rehearsal), IsEmpty());
    rehearsal.pass(kStart + 1h);
    ASSERT_THAT(told(rehearsal), ElementsAre(opened));
    EXPECT_EQ(rehearsal.notices().front().event.at, kStart + 5min);
}

TEST_F(RehearsalTest, InstancesEndByThemselvesEachAtItsTime)
{
    auto rehearsal = of({rule("true", domain::PauseAction{.duration = 3min})});
    auto brief = alert(0s);
    brief.instance_key = "a";
    brief.ends_at = kStart + 1min;
    auto lasting = alert(0s);
    lasting.dedup_key = "other";
    lasting.instance_key = "b";
    lasting.ends_at = kStart + 4min;
    rehearsal.take(brief);
    rehearsal.take(lasting);
    rehearsal.pass(kStart + 1h);
    EXPECT_THAT(told(rehearsal), ElementsAre(opened, recovered)) << "the brief one ended within its pause";
    EXPECT_EQ(rehearsal.notices()[0].event.at, kStart + 3min);
    EXPECT_EQ(rehearsal.notices()[1].event.at, kStart + 4min);
}

TEST_F(RehearsalTest, RulesChangeWhatComes)
{
    auto rehearsal = of({rule(R"(title == "k")", domain::DropAction{})});
    const auto taken = rehearsal.take(alert(0s));
    EXPECT_EQ(taken.verdict.disposition, Disposition::dropped);
    EXPECT_EQ(taken.evaluated.evaluation.matches.size(), 1U);
    EXPECT_THAT(rehearsal.tickets(), IsEmpty());
}

}  // namespace
}  // namespace winnow::triage
