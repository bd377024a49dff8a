/// @file
/// All that may keep an alert quiet costs no more together than one alert may.

#include "winnow/suppression/inhibition.hpp"
#include "winnow/suppression/suppressions.hpp"

#include <gtest/gtest.h>

namespace winnow::suppression {
namespace {

using namespace std::chrono_literals;
using domain::AlertBudget;
using domain::JudgeKind;

constexpr Timestamp kNoon{1'800'000'000'000ms};

domain::Alert long_alert()
{
    domain::Alert made;
    made.title = made.dedup_key = "disk full";
    made.description = std::string(16'000, 'a');
    return made;
}

Uuid id(std::uint64_t n)
{
    return Uuid::from_words(1, n);
}

domain::Scope cel(const std::string& text)
{
    return {.text = text, .syntax = domain::RuleSyntax::cel};
}

/// A thousand steps, and it is not there.
domain::Scope dear(std::uint64_t n)
{
    return cel("description.contains('b" + std::to_string(n) + "')");
}

domain::Silence silence(std::uint64_t n, domain::Scope scope)
{
    domain::Silence made;
    made.id = SilenceId(id(n));
    made.scope = std::move(scope);
    made.starts_at = kNoon - 1h;
    made.ends_at = kNoon + 1h;
    return made;
}

std::shared_ptr<const Suppressions> silences(std::uint64_t dear_ones, const domain::Scope& last)
{
    domain::TenantConfig config;
    for (std::uint64_t n = 1; n <= dear_ones; ++n) config.silences.push_back(silence(n, dear(n)));
    config.silences.push_back(silence(dear_ones + 1, last));
    return Suppressions::compile(config);
}

TEST(AlertBudget, AThousandDearSilencesCostNoMoreThanAnAlertMayAndWhatIsNotAskedCoversNothing)
{
    const auto compiled = silences(1'000, cel("true"));
    EXPECT_FALSE(compiled->covering(long_alert(), kNoon)) << "the last one is not reached: better a page too many";
    AlertBudget budget;
    EXPECT_FALSE(compiled->covering(long_alert(), kNoon, budget));
    EXPECT_TRUE(budget.over);
    EXPECT_EQ(budget.left, 0);
    ASSERT_TRUE(budget.dearest);
    EXPECT_EQ(budget.dearest->kind, JudgeKind::silence);
}

TEST(AlertBudget, WhatItDoesForIsDecided)
{
    const auto compiled = silences(100, cel("true"));
    AlertBudget budget;
    EXPECT_TRUE(compiled->covering(long_alert(), kNoon, budget));
    EXPECT_FALSE(budget.over);
    EXPECT_LT(budget.left, AlertBudget::kSteps - 100'000);
    EXPECT_GT(budget.left, AlertBudget::kSteps / 3);
}

TEST(AlertBudget, WhatRulesHaveSpentIsNotThereForSilences)
{
    const auto compiled = silences(0, cel("description.contains('a')"));
    AlertBudget budget{.left = 10};
    EXPECT_FALSE(compiled->covering(long_alert(), kNoon, budget));
    EXPECT_TRUE(budget.over);
    budget = {};
    EXPECT_TRUE(compiled->covering(long_alert(), kNoon, budget));
}

TEST(AlertBudget, MatchersPayForTheirRegularExpressions)
{
    domain::TenantConfig config;
    for (std::uint64_t n = 1; n <= 1'000; ++n) {
        config.silences.push_back(silence(n, {.text = R"(description=~".*b)" + std::to_string(n) + R"(")"}));
    }
    AlertBudget budget;
    EXPECT_FALSE(Suppressions::compile(config)->covering(long_alert(), kNoon, budget));
    EXPECT_TRUE(budget.over);
}

TEST(AlertBudget, DetailsAreReadOnceHoweverManySilencesAskForThem)
{
    auto alert = long_alert();
    alert.details = R"({"n":1,"text":")" + std::string(60'000, 'x') + R"("})";
    domain::TenantConfig config;
    for (std::uint64_t n = 1; n <= 1'000; ++n) {
        config.silences.push_back(silence(n, cel("details.n == " + std::to_string(n + 1))));
    }
    AlertBudget budget;
    EXPECT_FALSE(Suppressions::compile(config)->covering(alert, kNoon, budget));
    EXPECT_FALSE(budget.over);
}

TEST(AlertBudget, AWindowIsPaidForAndNamed)
{
    domain::TenantConfig config;
    for (std::uint64_t n = 1; n <= 1'000; ++n) {
        domain::MaintenanceWindow window;
        window.id = MaintenanceWindowId(id(n));
        window.enabled = true;
        window.scope = dear(n);
        window.starts_at = kNoon - 1h;
        window.duration = 2h;
        config.windows.push_back(window);
    }
    const auto compiled = Suppressions::compile(config);
    ASSERT_TRUE(compiled->broken().empty());
    AlertBudget budget;
    EXPECT_FALSE(compiled->covering(long_alert(), kNoon, budget));
    EXPECT_TRUE(budget.over);
    EXPECT_EQ(budget.dearest->kind, JudgeKind::maintenance_window);
}

TEST(AlertBudget, InhibitionsFindNothingThatTheBudgetDoesNotDoFor)
{
    domain::TenantConfig config;
    for (std::uint64_t n = 1; n <= 1'000; ++n) {
        domain::Inhibition inhibition;
        inhibition.id = InhibitionId(id(n));
        inhibition.enabled = true;
        inhibition.source = dear(n);
        inhibition.target = dear(n + 1'000);
        config.inhibitions.push_back(inhibition);
    }
    const auto compiled = Suppressions::compile(config);
    Inhibitor inhibitor(*compiled, {});
    AlertBudget budget;
    inhibitor.learn(long_alert(), kNoon, budget);
    EXPECT_TRUE(budget.over);
    EXPECT_EQ(budget.left, 0);
    EXPECT_EQ(budget.dearest->kind, JudgeKind::inhibition);
    EXPECT_FALSE(inhibitor.covering(long_alert(), kNoon, budget));
    SourceKeys keys(*compiled);
    AlertBudget again;
    keys.add(long_alert(), kNoon, again);
    EXPECT_TRUE(again.over);
    EXPECT_TRUE(std::move(keys).take().equals.empty());
}

}  // namespace
}  // namespace winnow::suppression
