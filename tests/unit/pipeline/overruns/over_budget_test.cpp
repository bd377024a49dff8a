/// @file
/// An alert that costs more to judge than one may.

#include "unit/pipeline/fold/triage_fixture.hpp"
#include "winnow/rules/rule_set.hpp"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

namespace winnow::pipeline {
namespace {

class OverBudget : public TriageServiceTest {
protected:
    /// A condition of about a thousand steps that is false.
    static domain::Scope dear(std::uint64_t n)
    {
        return {.text = "description.contains('b" + std::to_string(n) + "')", .syntax = domain::RuleSyntax::cel};
    }
    /// True, for some steps for each of `times` squared pairs.
    static std::string pairs(std::uint64_t n, int times)
    {
        std::string numbers = "[0";
        for (int i = 1; i < times; ++i) numbers += "," + std::to_string(i);
        numbers += "]";
        return numbers + ".all(a, " + numbers + ".all(b, a + b + title.size() > -" + std::to_string(n) + "))";
    }
    /// More than a condition may take.
    static std::string too_dear() { return pairs(1, 100); }

    static domain::Silence silence(std::uint64_t n, domain::Scope scope)
    {
        domain::Silence made;
        made.id = SilenceId(Uuid::from_words(3, n));
        made.scope = std::move(scope);
        made.starts_at = triage::kNoon - 1h;
        made.ends_at = triage::kNoon + 1h;
        return made;
    }
    static journal::CommittedRow long_alert(TenantId tenant)
    {
        auto made = row(tenant, 1, 1, {"a", "b"});
        made.alerts[0].second.description = std::string(16'000, 'a');
        return made;
    }
    [[nodiscard]] std::vector<domain::JudgeCost> costs()
    {
        return store_.with([&](auto& store) {
            std::vector<domain::JudgeCost> all;
            for (const auto& [id, cost] : store.costs_[one_]) all.push_back(cost);
            return all;
        });
    }
    [[nodiscard]] std::vector<std::optional<domain::Verdict>> verdicts()
    {
        return store_.done().at(0).verdicts.at(0).second;
    }
};

TEST_F(OverBudget, ItGoesOnIsCountedAndItsVerdictNamesWhatWasDearest)
{
    auto many = config(one_);
    for (std::uint64_t n = 1; n <= 400; ++n) {
        many.silences.push_back(
            silence(n, n == 400 ? domain::Scope{.text = "true", .syntax = domain::RuleSyntax::cel} : dear(n)));
    }
    configs_.put(many, false);
    submit({long_alert(one_)});
    ASSERT_TRUE(flushed());
    const auto found = verdicts();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0]->disposition, domain::Disposition::ticketed);
    ASSERT_TRUE(found[0]->over_budget);
    EXPECT_EQ(found[0]->over_budget->kind, domain::JudgeKind::silence);
    EXPECT_EQ(found[1]->disposition, domain::Disposition::silenced) << "an alert that costs little is silenced";
    EXPECT_FALSE(found[1]->over_budget);
    EXPECT_TRUE(measured("winnow_over_budget_total{by=\"steps\"} 1\n"));
}

TEST_F(OverBudget, InhibitionsPayOutOfTheSameBudget)
{
    auto many = config(one_);
    for (std::uint64_t n = 1; n <= 300; ++n) {
        domain::Inhibition inhibition;
        inhibition.id = InhibitionId(Uuid::from_words(3, n));
        inhibition.source = dear(n);
        inhibition.target = dear(n + 1'000);
        many.inhibitions.push_back(inhibition);
    }
    configs_.put(many, false);
    submit({long_alert(one_)});
    ASSERT_TRUE(flushed());
    const auto found = verdicts();
    EXPECT_EQ(found[0]->disposition, domain::Disposition::ticketed);
    ASSERT_TRUE(found[0]->over_budget);
    EXPECT_EQ(found[0]->over_budget->kind, domain::JudgeKind::inhibition);
    EXPECT_FALSE(found[1]->over_budget);
    EXPECT_THAT(costs(), testing::IsEmpty()) << "none of them is dear alone";
}

TEST_F(OverBudget, RulesThatLeaveTooLittleForASilenceAreTheDearest)
{
    auto many = config(one_);
    const auto judged = [&] {
        auto alert = long_alert(one_).alerts[0].second;
        return rules::RuleSet::compile(many.rules)->evaluate(alert, triage::kNoon).budget;
    };
    domain::AlertBudget budget;
    for (std::int32_t n = 1; budget.left >= std::max<std::size_t>(1, budget.most); ++n) {
        ASSERT_LT(n, 100);
        domain::Rule rule;
        rule.id = RuleId(Uuid::from_words(4, static_cast<std::uint64_t>(n)));
        rule.name = "r";
        rule.position = n;
        rule.syntax = domain::RuleSyntax::cel;
        rule.condition = pairs(static_cast<std::uint64_t>(n), 30);
        rule.actions = {domain::TagAction{"seen"}};
        many.rules.push_back(rule);
        budget = judged();
    }
    ASSERT_FALSE(budget.over);
    ASSERT_GT(budget.left, 0U);
    many.silences.push_back(silence(1, {.text = too_dear(), .syntax = domain::RuleSyntax::cel}));
    configs_.put(many, false);
    submit({long_alert(one_)});
    ASSERT_TRUE(flushed());
    const auto found = verdicts();
    ASSERT_TRUE(found[0]->over_budget);
    EXPECT_EQ(found[0]->over_budget->kind, domain::JudgeKind::rule) << "the silence took what was left";
    EXPECT_THAT(costs(), testing::IsEmpty()) << "nobody is set aside for what all of them take together";
}

TEST_F(OverBudget, WhatWasDearestIsNotedOnceAlsoWhereTheAnswerIsLost)
{
    auto many = config(one_);
    many.silences.push_back(silence(1, dear(1)));
    many.silences.push_back(silence(2, {.text = too_dear(), .syntax = domain::RuleSyntax::cel}));
    many.silences.back().version = 7;
    configs_.put(many, false);
    store_.with([](auto& store) { store.lose_answer_ = true; });
    submit({long_alert(one_)});
    ASSERT_TRUE(flushed());
    ASSERT_EQ(costs().size(), 1U);
    const auto cost = costs()[0];
    EXPECT_EQ(cost.judge, verdicts()[0]->over_budget);
    EXPECT_EQ(cost.judge.id, many.silences.back().id.value());
    EXPECT_EQ(cost.version, 7);
    EXPECT_EQ(cost.last_alert, domain::alert_id_at({.row = long_alert(one_).position, .index = 1}));
    ASSERT_EQ(cost.record.recent.size(), 2U) << "of both alerts";
    EXPECT_EQ(cost.record.overruns, 2);
    EXPECT_EQ(cost.record.most, 20'000 * domain::AlertBudget::kStep);
    EXPECT_TRUE(measured("winnow_set_aside_total 0\n"));
}

TEST_F(OverBudget, WhoIsToldThatAJudgeIsSetAsideMayAskTheStoreOfTheFold)
{
    std::atomic<int> told = 0;
    std::atomic<int> refused = 0;
    ConfigCache policies(configs_, "", [&](const ports::TenantChange& change) {
        ++told;
        if (!store_.applied(change.tenant, 1)) ++refused;
    });
    TriageService service(store_, policies, TriageOptions{}, [] {}, metrics_);
    auto many = config(one_);
    many.silences.push_back(silence(1, {.text = too_dear(), .syntax = domain::RuleSyntax::cel}));
    configs_.put(many, false);
    service.submit({row(one_, 1, 1, {"a", "b", "c", "d", "e"})});
    ASSERT_TRUE(service.flush(kDeadline));
    EXPECT_TRUE(measured("winnow_set_aside_total 1\n"));
    EXPECT_GE(told, 1);
    EXPECT_EQ(refused, 0) << "the fold had not gone yet";
}

}  // namespace
}  // namespace winnow::pipeline
