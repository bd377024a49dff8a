/// @file
/// What rules put together and what they show is bounded, whatever the alert holds.

#include "unit/growth.hpp"
#include "unit/rules/rule_maker.hpp"
#include "winnow/base/text.hpp"
#include "winnow/expr/pattern.hpp"

#include <gmock/gmock.h>

#include <set>
#include <string>

namespace winnow::rules {

namespace {

using domain::Action;
using domain::DedupKeyAction;
using domain::NoteAction;
using domain::SetAction;
using testing::HasSubstr;
using testing::SizeIs;

std::string times(const std::string& text, int count)
{
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
}

domain::Alert long_alert()
{
    auto alert = make_alert();
    alert.description = std::string(16'000, 'd');
    return alert;
}

Evaluation evaluated(const std::vector<domain::Rule>& rules, domain::Alert& alert)
{
    return RuleSet::compile(rules)->evaluate(alert, kNow);
}

TEST(Notes, AreCutWhileTheyArePutTogether)
{
    std::vector<domain::Rule> rules;
    for (int i = 1; i <= 64; ++i) {
        rules.push_back(make_rule(i, "{}", std::vector<Action>(32, NoteAction{times("{{description}}", 250)})));
    }
    auto alert = long_alert();
    const auto evaluation = evaluated(rules, alert);
    ASSERT_THAT(evaluation.notes, SizeIs(16)) << "four of a rule, of four rules";
    std::size_t bytes = 0;
    for (const auto& note : evaluation.notes) {
        EXPECT_EQ(note.text.size(), NoteLimits::kBytes);
        bytes += note.text.size();
    }
    EXPECT_EQ(bytes, NoteLimits::kBytesOfAlert);
    EXPECT_EQ(evaluation.matches.size(), 64U) << "the rules go on";
    ASSERT_FALSE(evaluation.failures.empty());
    EXPECT_EQ(evaluation.failures.front().error, "note: the notes of this rule have 16384 bytes already, the limit");
    EXPECT_EQ(evaluation.failures.back().error, "note: the notes of all rules have 65536 bytes already, the limit");
}

TEST(Notes, AreNoMoreThanATicketTakes)
{
    std::vector<domain::Rule> rules;
    for (int i = 1; i <= 10; ++i) rules.push_back(make_rule(i, "{}", std::vector<Action>(32, NoteAction{"n"})));
    auto alert = make_alert();
    const auto evaluation = evaluated(rules, alert);
    EXPECT_THAT(evaluation.notes, SizeIs(256));
    EXPECT_EQ(evaluation.failures.back().error, "note: rules gave the alert 256 notes already, the limit");
}

TEST(Notes, AreCutOnACharactersBoundary)
{
    auto alert = make_alert();
    alert.description = times("\u65e5", 5'000);
    const auto evaluation = evaluated({make_rule(1, "{}", {NoteAction{"{{description}}"}})}, alert);
    ASSERT_THAT(evaluation.notes, SizeIs(1));
    EXPECT_EQ(evaluation.notes[0].text, times("\u65e5", 1'365));
}

TEST(Templates, StopWhereTheirTargetIsFull)
{
    auto alert = long_alert();
    const auto evaluation = evaluated({make_rule(1, "{}",
                                                 {SetAction{"title", times("{{description}}", 250)},
                                                  SetAction{"labels.x", times("{{description}}", 250)}})},
                                      alert);
    EXPECT_EQ(alert.title, std::string(1'024, 'd'));
    EXPECT_EQ(*alert.labels.find("x"), std::string(4'096, 'd'));
    EXPECT_GT(evaluation.text_steps, Evaluation::kTextSteps - 2'000) << "what is beyond the end is not paid for";
}

TEST(Templates, ATitleHasRoomForTheBlanksThatGo)
{
    auto alert = make_alert();
    alert.description = std::string(8'000, '\n') + "disk  full";
    const auto evaluation = evaluated({make_rule(1, "{}", {SetAction{"title", "{{description}}"}})}, alert);
    EXPECT_EQ(alert.title, "disk full");
    EXPECT_THAT(evaluation.failures, SizeIs(0));
}

TEST(Templates, WhatFindsNothingCostsToo)
{
    auto alert = make_alert();
    alert.details = R"({"a":")" + std::string(20'000, 'x') + "\"}";
    std::vector<domain::Rule> rules;
    for (int i = 1; i <= 64; ++i) {
        rules.push_back(
            make_rule(i, "{}", std::vector<Action>(32, DedupKeyAction{{}, times("{{details.nope}}", 200) + "k"})));
    }
    rules.push_back(make_rule(65, "{}", {domain::SuppressAction{"found"}}));
    const auto evaluation = evaluated(rules, alert);
    ASSERT_FALSE(evaluation.failures.empty());
    EXPECT_EQ(evaluation.failures.back().error,
              "dedup_key: the texts that rules put together for one alert cost more "
              "than 200000 steps; this one is left out");
    EXPECT_EQ(evaluation.suppression_reason, "found");
}

TEST(Rules, ThatExtractByALargeProgramAreRefused)
{
    const auto rule = make_rule(1, "{}", {domain::ExtractAction{"title", "(?P<x>(a?){480}b{150})"}});
    const auto checked = check(rule);
    ASSERT_FALSE(checked);
    ASSERT_THAT(checked.error().fields(), SizeIs(1));
    EXPECT_EQ(checked.error().fields()[0].pointer, "/actions/0/pattern");
    EXPECT_THAT(checked.error().fields()[0].detail, HasSubstr("the limit is 1500"));
    EXPECT_THAT(RuleSet::compile({rule})->broken(), SizeIs(0)) << "what is stored goes on";
}

TEST(Trace, ShowsTheBeginningOfALongValueAndItsLength)
{
    auto alert = long_alert();
    auto rule = make_rule(1, "description.contains(\"x\")", {NoteAction{"n"}});
    rule.syntax = domain::RuleSyntax::cel;
    const auto trace =
        RuleSet::compile({rule, make_rule(2, "description=\"x\"", {NoteAction{"n"}})})->trace(alert, kNow);
    EXPECT_EQ(trace[0].leaves[0].value, "\"" + std::string(255, 'd'));
    EXPECT_EQ(trace[0].leaves[0].bytes, 16'002U);
    EXPECT_EQ(trace[1].leaves[0].value, std::string(256, 'd'));
    EXPECT_EQ(trace[1].leaves[0].bytes, 16'000U);
    alert.description = "short";
    EXPECT_EQ(RuleSet::compile({rule})->trace(alert, kNow)[0].leaves[0].bytes, 0U);
}

TEST(Trace, IsBoundedWhateverItsRulesTest)
{
    std::vector<domain::Rule> rules;
    for (int i = 1; i <= 200; ++i) {
        std::string condition = "description == \"1\"";
        for (int k = 0; k < 100; ++k) condition += " || description == \"" + std::to_string(k) + "\"";
        rules.push_back(make_rule(i, condition, {NoteAction{"n"}}));
        rules.back().syntax = domain::RuleSyntax::cel;
    }
    rules.push_back(make_rule(201, "{}", {NoteAction{"n"}}));
    const auto trace = RuleSet::compile(rules)->trace(long_alert(), kNow);
    ASSERT_THAT(trace, SizeIs(201));
    std::size_t bytes = 0;
    for (const auto& entry : trace) {
        for (const auto& leaf : entry.leaves) bytes += leaf.expression.size() + leaf.value.size() + leaf.error.size();
    }
    EXPECT_LE(bytes, TraceLimits::kLeafBytes);
    EXPECT_FALSE(trace.front().leaves_left_out);
    EXPECT_TRUE(trace[199].leaves_left_out);
    EXPECT_TRUE(trace.back().matched) << "whether a rule matches is said all the same";
}

/// Of a thousand steps each: some use the budget up, the others are not decided.
std::shared_ptr<const RuleSet> rules_beyond_the_budget(std::int32_t count)
{
    std::vector<domain::Rule> rules;
    for (std::int32_t i = 1; i <= count; ++i) {
        rules.push_back(
            make_rule(i, "title.size() > description.size() + " + std::to_string(i), {domain::DropAction{}}));
        rules.back().syntax = domain::RuleSyntax::cel;
    }
    auto compiled = RuleSet::compile(rules);
    EXPECT_TRUE(compiled->broken().empty());
    return compiled;
}

// What is linear is at most 8 here; what was quadratic took 40 times as long.
TEST(BeyondTheBudget, AnAlertTakesNoLongerThanRulesAreMore)
{
    const auto small = rules_beyond_the_budget(2'000);
    const auto large = rules_beyond_the_budget(16'000);
    auto alert = long_alert();
    const auto undecided = large->evaluate(alert, kNow).failures;
    ASSERT_GE(undecided.size(), 15'000);
    std::set<RuleId> rules;
    for (const auto& failure : undecided) rules.insert(failure.rule_id);
    EXPECT_THAT(rules, SizeIs(undecided.size())) << "each is named once";
    const auto judging = [&](const std::shared_ptr<const RuleSet>& by) {
        return [&] {
            EXPECT_TRUE(by->evaluate(alert, kNow).budget.over);
        };
    };
    EXPECT_LT(growth(judging(small), judging(large), 20), 20);
}

std::uint64_t computed = 0;
std::uint64_t a_slow_clock() noexcept
{
    return computed += 60'000'000;
}

struct SlowConditions : testing::Test {
    SlowConditions() { expr::time_matches_with(a_slow_clock); }
    ~SlowConditions() override { expr::time_matches_with(nullptr); }

    static Evaluation evaluated(std::int32_t rules)
    {
        std::vector<domain::Rule> all;
        for (std::int32_t i = 1; i <= rules; ++i) {
            all.push_back(make_rule(i, "title.size() > 1000 + " + std::to_string(i), {domain::DropAction{}}));
            all.back().syntax = domain::RuleSyntax::cel;
        }
        auto alert = make_alert();
        return RuleSet::compile(all)->evaluate(alert, kNow);
    }
};

TEST_F(SlowConditions, AreStoppedByTimeWhereStepsDoNotStopThem)
{
    const auto stopped = evaluated(1'000);
    EXPECT_TRUE(stopped.budget.over);
    EXPECT_EQ(stopped.budget.left, 0);
    EXPECT_TRUE(stopped.budget.deadline.has_passed());
    ASSERT_TRUE(stopped.budget.dearest) << "what was being judged";
    EXPECT_EQ(stopped.budget.dearest->kind, domain::JudgeKind::rule);
    EXPECT_GT(stopped.failures.size(), 800);
    expr::time_matches_with(nullptr);
    EXPECT_FALSE(evaluated(1'000).budget.over) << "without a clock only steps count";
}

TEST_F(SlowConditions, AreNamedAlsoWhereOneMatchTookMoreThanAnAlertMay)
{
    auto rule = make_rule(1, R"(description=~"y{100}")", {domain::DropAction{}});
    auto alert = long_alert();
    const auto stopped = RuleSet::compile({rule})->evaluate(alert, kNow);
    EXPECT_TRUE(stopped.budget.over);
    EXPECT_EQ(stopped.budget.left, 0);
    ASSERT_TRUE(stopped.budget.dearest);
    EXPECT_GT(stopped.budget.most, domain::AlertBudget::kSteps) << "all that it took";
    EXPECT_THAT(stopped.failures, SizeIs(1));
}

TEST_F(SlowConditions, WhatActionsSearchForIsPaidForAndStopped)
{
    std::vector<domain::Rule> rules;
    for (int i = 1; i <= 20; ++i)
        rules.push_back(make_rule(i, "{}", {domain::ExtractAction{"description", "(?P<x>y{100})"}}));
    auto alert = long_alert();
    const auto before = computed;
    const auto stopped = RuleSet::compile(rules)->evaluate(alert, kNow);
    EXPECT_THAT(stopped.failures, SizeIs(20));
    EXPECT_LE(computed - before, 4 * 60'000'000U) << "one was searched for, at most one look more at the clock";
    EXPECT_TRUE(stopped.budget.over);
    ASSERT_TRUE(stopped.budget.dearest);
    EXPECT_EQ(stopped.budget.dearest->id, rules[0].id.value());
    EXPECT_GT(stopped.budget.most, domain::AlertBudget::kSteps);
    EXPECT_THAT(stopped.matches, SizeIs(20)) << "the rules go on";
}

TEST_F(SlowConditions, ThatAreFewAreNotLookedAt)
{
    const auto before = computed;
    EXPECT_FALSE(evaluated(20).budget.over);
    EXPECT_EQ(computed, before) << "a look takes as long as a hundred steps";
}

}  // namespace
}  // namespace winnow::rules
