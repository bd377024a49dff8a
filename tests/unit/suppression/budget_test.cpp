/// @file
/// All that may keep an alert quiet costs no more together than one alert may.

#include "unit/growth.hpp"
#include "winnow/expr/pattern.hpp"
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
    AlertBudget budget;
    EXPECT_TRUE(sides_of(*compiled, long_alert(), kNoon, budget).empty());
    EXPECT_TRUE(budget.over);
    EXPECT_EQ(budget.left, 0);
    EXPECT_EQ(budget.dearest->kind, JudgeKind::inhibition);
}

domain::TenantConfig inhibitions(std::uint64_t count, const domain::Scope& source, const domain::Scope& target)
{
    domain::TenantConfig config;
    for (std::uint64_t n = 1; n <= count; ++n) {
        domain::Inhibition inhibition;
        inhibition.id = InhibitionId(id(n));
        inhibition.source = source;
        inhibition.target = target;
        config.inhibitions.push_back(inhibition);
    }
    return config;
}

TEST(AlertBudget, EachSideOfAnInhibitionIsAskedAndPaidOnce)
{
    const auto one = Suppressions::compile(inhibitions(1, dear(1), dear(1)));
    const auto alert = long_alert();
    AlertBudget budget;
    Asked once(alert, kNoon, budget);
    EXPECT_FALSE(one->inhibitions()[0].source.finds(once, {}));
    const auto a_side = AlertBudget::kSteps - budget.left;
    ASSERT_GT(a_side, 500);
    AlertBudget both;
    EXPECT_TRUE(sides_of(*one, alert, kNoon, both).empty());
    EXPECT_EQ(AlertBudget::kSteps - both.left, 2 * a_side);
}

TEST(AlertBudget, WhatInhibitionsLookUpIsPaidForWhereTheyFind)
{
    const domain::Scope all{.text = "{}"};
    const auto compiled = Suppressions::compile(inhibitions(100, all, all));
    AlertBudget budget;
    EXPECT_EQ(sides_of(*compiled, long_alert(), kNoon, budget).size(), 100);
    EXPECT_LT(budget.left, AlertBudget::kSteps - 100 * 20);
    EXPECT_FALSE(budget.over);
    AlertBudget little{.left = 1'000};
    const auto found = sides_of(*compiled, long_alert(), kNoon, little);
    EXPECT_LT(found.size(), 50) << "a side that is not paid for does not find";
    EXPECT_GT(found.size(), 10);
    EXPECT_TRUE(little.over);
    EXPECT_EQ(little.left, 0);
}

domain::Alert alert_of_long_labels(std::size_t n)
{
    domain::Alert made;
    made.dedup_key = std::to_string(n);
    for (char name = 'a'; name < 'p'; ++name) made.labels.set(std::string(1, name), std::string(4'096, name));
    return made;
}

/// 51 that find everything and compare all labels of such an alert.
std::shared_ptr<const Suppressions> of_long_labels()
{
    const domain::Scope all{.text = "{}"};
    auto config = inhibitions(51, all, all);
    for (auto& inhibition : config.inhibitions) {
        for (char name = 'a'; name < 'p'; ++name) inhibition.equal.emplace_back(1, name);
    }
    return Suppressions::compile(config);
}

// It was 61 KB for each alert and inhibition, several times in the process and again in PostgreSQL's.
TEST(CostOfInhibitions, KeysTake256BytesEachHoweverLongTheValuesAre)
{
    const auto everything = of_long_labels();
    constexpr std::size_t kAlerts = 10;
    SourceKeys keys(*everything);
    Inhibitor inhibitor(*everything, {});
    for (std::size_t i = 0; i < kAlerts; ++i) {
        auto alert = alert_of_long_labels(i);
        alert.labels.set("a", std::to_string(i) + alert.labels.find("a")->substr(1));
        AlertBudget plenty{.left = std::size_t{1} << 30U};
        const auto sides = sides_of(*everything, alert, kNoon, plenty);
        ASSERT_EQ(sides.size(), 51);
        keys.add(alert, sides);
        inhibitor.learn(alert, sides);
    }
    std::size_t asked = 0;
    const auto wanted = std::move(keys).take();
    EXPECT_EQ(wanted.equals.size(), 51 * kAlerts);
    for (const auto& [inhibition, equal] : wanted.equals) asked += equal.size();
    EXPECT_LE(asked, 51 * kAlerts * 256);
    std::size_t stored = 0;
    const auto changes = std::move(inhibitor).changes();
    EXPECT_EQ(changes.size(), 51 * kAlerts);
    for (const auto& source : changes) stored += source.equal.size();
    EXPECT_LE(stored, 51 * kAlerts * 256);
}

TEST(CostOfInhibitions, IsPaidByTheBytesThatAreCompared)
{
    AlertBudget budget;
    const auto found = sides_of(*of_long_labels(), alert_of_long_labels(1), kNoon, budget);
    EXPECT_LT(found.size(), 20) << "of 61 KB each";
    EXPECT_GT(found.size(), 5);
    EXPECT_TRUE(budget.over);
}

/// So many new alerts, each found by both sides of each inhibition: none of them explains another.
std::size_t covered(const Suppressions& everything, std::size_t alerts)
{
    Inhibitor inhibitor(everything, {});
    domain::Alert alert;
    std::size_t covered = 0;
    for (std::size_t i = 0; i < alerts; ++i) {
        alert.dedup_key = std::to_string(i);
        covered += inhibitor.take(alert, kNoon) ? 1U : 0U;
    }
    return covered;
}

// What is linear is about 8 here, what is quadratic 64; time is all there is to tell, so the bound lies far from both.
TEST(CostOfInhibitions, GrowsNoFasterThanTheAlertsHoweverManySourcesExplainNothing)
{
    const domain::Scope all{.text = "{}"};
    const auto everything = Suppressions::compile(inhibitions(2, all, all));
    EXPECT_EQ(covered(*everything, 100), 0);
    EXPECT_LT(growth([&] { covered(*everything, 2'000); }, [&] { covered(*everything, 16'000); }, 30), 30);
}

std::uint64_t computed = 0;
std::uint64_t a_slow_clock() noexcept
{
    return computed += 60'000'000;
}

struct SlowConditions : testing::Test {
    SlowConditions() { expr::time_matches_with(a_slow_clock); }
    ~SlowConditions() override { expr::time_matches_with(nullptr); }
};

TEST_F(SlowConditions, AreStoppedByTimeWhereStepsDoNotStopThem)
{
    domain::TenantConfig config;
    for (std::uint64_t n = 1; n <= 1'000; ++n) config.silences.push_back(silence(n, cel("title.size() > 100")));
    config.silences.push_back(silence(1'001, cel("true")));
    const auto compiled = Suppressions::compile(config);
    AlertBudget budget;
    EXPECT_FALSE(compiled->covering(long_alert(), kNoon, budget));
    EXPECT_TRUE(budget.over);
    EXPECT_EQ(budget.left, 0);
    EXPECT_TRUE(budget.deadline.has_passed());
    ASSERT_TRUE(budget.dearest);
    EXPECT_EQ(budget.dearest->kind, JudgeKind::silence);
    expr::time_matches_with(nullptr);
    budget = {};
    EXPECT_TRUE(compiled->covering(long_alert(), kNoon, budget)) << "without a clock only steps count";
    EXPECT_FALSE(budget.over);
}

TEST_F(SlowConditions, ThatAreFewAreNotLookedAt)
{
    const auto compiled = silences(20, cel("true"));
    const auto before = computed;
    domain::Alert alert;
    AlertBudget budget;
    EXPECT_TRUE(compiled->covering(alert, kNoon, budget));
    EXPECT_EQ(computed, before) << "a look takes as long as a hundred steps";
}

}  // namespace
}  // namespace winnow::suppression
