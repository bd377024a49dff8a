/// @file
/// An alert that costs more to judge than one may.

#include "triage_fixture.hpp"

#include <string>

namespace winnow::pipeline {
namespace {

class OverBudget : public TriageServiceTest {
protected:
    /// A condition of about a thousand steps that is false.
    static domain::Scope dear(std::uint64_t n)
    {
        return {.text = "description.contains('b" + std::to_string(n) + "')", .syntax = domain::RuleSyntax::cel};
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
        domain::Silence silence;
        silence.id = SilenceId(Uuid::from_words(3, n));
        silence.scope = n == 400 ? domain::Scope{.text = "true", .syntax = domain::RuleSyntax::cel} : dear(n);
        silence.starts_at = triage::kNoon - 1h;
        silence.ends_at = triage::kNoon + 1h;
        many.silences.push_back(silence);
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
    ASSERT_EQ(costs().size(), 1U);
    EXPECT_EQ(costs()[0].judge, found[0]->over_budget);
}

TEST_F(OverBudget, WhatWasDearestIsNotedOnceAlsoWhereTheAnswerIsLost)
{
    auto many = config(one_);
    for (std::uint64_t n = 1; n <= 300; ++n) {
        domain::Silence silence;
        silence.id = SilenceId(Uuid::from_words(3, n));
        silence.version = 7;
        silence.scope = dear(n);
        silence.starts_at = triage::kNoon - 1h;
        silence.ends_at = triage::kNoon + 1h;
        many.silences.push_back(silence);
    }
    configs_.put(many, false);
    store_.with([](auto& store) { store.lose_answer_ = true; });
    submit({long_alert(one_)});
    ASSERT_TRUE(flushed());
    ASSERT_EQ(costs().size(), 1U);
    const auto cost = costs()[0];
    EXPECT_EQ(cost.judge, verdicts()[0]->over_budget);
    EXPECT_EQ(cost.version, 7);
    EXPECT_EQ(cost.last_alert, domain::alert_id_at({.row = long_alert(one_).position, .index = 0}));
    ASSERT_EQ(cost.record.recent.size(), 1U);
    EXPECT_EQ(cost.record.overruns, 1);
    EXPECT_GT(cost.record.most, 1'000 * domain::AlertBudget::kStep);
    EXPECT_LT(cost.record.most, 1'200 * domain::AlertBudget::kStep);
    EXPECT_TRUE(measured("winnow_set_aside_total 0\n"));
}

}  // namespace
}  // namespace winnow::pipeline
