#include "rules/index/anchor_scanner.hpp"
#include "rules/index/normal_form.hpp"
#include "rules/index/pattern.hpp"
#include "unit/rules/rule_maker.hpp"
#include "winnow/expr/condition.hpp"

#include <gmock/gmock.h>

#include <set>

namespace winnow::rules {

namespace {

using domain::DropAction;
using domain::RouteAction;
using domain::SetAction;
using index::LeafKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

domain::Rule cel(std::int32_t position, std::string condition, domain::Action action = RouteAction{{group_id(1)}})
{
    auto rule = make_rule(position, std::move(condition), {std::move(action)});
    rule.syntax = domain::RuleSyntax::cel;
    return rule;
}

std::vector<std::int64_t> versions(const Evaluation& evaluation)
{
    std::vector<std::int64_t> versions;
    for (const auto& match : evaluation.matches) versions.push_back(match.version - 10);
    return versions;
}

Evaluation evaluated(const std::vector<domain::Rule>& rules, domain::Alert alert = make_alert(), Timestamp now = kNow)
{
    const auto compiled = RuleSet::compile(rules);
    EXPECT_THAT(compiled->broken(), IsEmpty());
    return compiled->evaluate(alert, now);
}

index::NormalForm form_of(std::string_view condition)
{
    const auto compiled = expr::compile_condition(condition, domain::RuleSyntax::cel);
    EXPECT_TRUE(compiled) << (compiled ? "" : compiled.error().message());
    return index::normal_form(compiled->root());
}

std::vector<LeafKind> kinds_of(const index::NormalForm& form)
{
    std::vector<LeafKind> kinds;
    for (const auto& leaf : form.leaves) kinds.push_back(leaf.kind);
    return kinds;
}

}  // namespace

TEST(Pattern, TheRequiredTextStandsInEveryMatch)
{
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"abc", "abc"},
        {"ab[0-9]+ (exit|code) xyz1", " xyz1"},
        {"abc?d", "ab"},
        {"ab{0,3}cde", "cde"},
        {"日本語?", "日本"},
        {"a+bcd", "bcd"},
        {"^disk.*full$", "disk"},
        {R"(web-1\.example)", "web-1.example"},
        {R"(\d+ab\w)", "ab"},
        {"(?:long text)short", "short"},
        {"[]a]bcd", "bcd"},
        {"[[:alpha:]]bcd", "bcd"},
        {"abc|def", ""},
        {"(?i)abc", ""},
        {"abc(?i)def", ""},
        {R"(\Qa.b\E)", ""},
        {R"(\x41bc)", ""},
        {"x*", ""},
        {"", ""},
    };
    for (const auto& [pattern, text] : cases) EXPECT_EQ(index::required_text(pattern), text) << pattern;
}

TEST(Pattern, AnAnchoredListOfTextsIsOne)
{
    using Texts = std::vector<std::string>;
    EXPECT_EQ(index::exact_texts("^(?:a|b|a)$"), (Texts{"a", "b"}));
    EXPECT_EQ(index::exact_texts(R"(^a\.b$)"), Texts{"a.b"});
    EXPECT_EQ(index::exact_texts("^$"), Texts{""});
    for (const auto* other : {"a", "^a|b$", "^a.b$", R"(^a\$)", "^(a)|(b)$", "^(?i:a)$", R"(^\d$)", "^a(b)$"}) {
        EXPECT_EQ(index::exact_texts(other), std::nullopt) << other;
    }
}

TEST(Scanner, FindsEveryTextOfAnyLengthWhereverItStands)
{
    const std::vector<std::string> patterns = {"a",          "bc",   "def",       "ghij", "klmnopqr",
                                               "klmnopqrst", "日本", "opqrstuv!", "j",    "xx"};
    index::AnchorScanner scanner;
    for (const auto& pattern : patterns) scanner.add(pattern);
    scanner.build();
    const auto found_in = [&](std::string_view text) {
        std::set<std::string> found;
        scanner.scan(text, [&](std::uint32_t number) { found.insert(patterns[number]); });
        return found;
    };
    using Found = std::set<std::string>;
    EXPECT_EQ(found_in("abcdefghijklmnopqrst"), (Found{"a", "bc", "def", "ghij", "klmnopqr", "klmnopqrst", "j"}));
    EXPECT_EQ(found_in("日本"), Found{"日本"});
    EXPECT_EQ(found_in("opqrstuv"), Found{});
    EXPECT_EQ(found_in("opqrstuv!"), Found{"opqrstuv!"});
    EXPECT_EQ(found_in("x"), Found{});
    EXPECT_EQ(found_in(""), Found{});
}

TEST(NormalForm, NegationsReachTheLeavesAndAlternativesOfOneSlotAreOneTest)
{
    const auto form = form_of(R"(!(labels.a == "1" || severity < ERROR) && (source == "x" || source in ["y", "z"]))");
    ASSERT_EQ(form.clauses(), 1U);
    ASSERT_EQ(form.clause(0).size(), 3U);
    EXPECT_THAT(kinds_of(form), ElementsAre(LeafKind::equals, LeafKind::less, LeafKind::in));
    EXPECT_TRUE(form.clause(0)[0].negated);
    EXPECT_TRUE(form.clause(0)[1].negated) << "not >=: what is no number is neither";
    EXPECT_EQ(form.leaves[2].constants.size(), 3U);
}

TEST(NormalForm, WhatWouldGrowTooFarStaysAsItIsWritten)
{
    std::string condition = R"(source == "x")";
    for (int i = 0; i < 6; ++i) {
        const auto n = std::to_string(i);
        condition += " && (labels.a" + n + R"( == "1" || title.contains(")" + n + R"("))";
        condition += " || description.contains(\"" + n + "\"))";
    }
    const auto form = form_of(condition);
    EXPECT_LE(form.clauses(), index::kMaxClauses);
    EXPECT_GT(form.clauses(), 1U);
    EXPECT_THAT(kinds_of(form), testing::Contains(LeafKind::opaque));

    std::string any = R"(title.contains("t0"))";
    for (int i = 1; i < 60; ++i) any += R"( || title.contains("t)" + std::to_string(i) + R"("))";
    EXPECT_EQ(form_of(any).clauses(), 60U) << "alternatives alone only grow as the text does";

    std::string all = R"(title.contains("t0"))";
    for (int i = 1; i < 60; ++i) all += R"( && title.contains("t)" + std::to_string(i) + R"("))";
    const auto conjunction = form_of(all);
    ASSERT_EQ(conjunction.clauses(), 1U);
    EXPECT_LE(conjunction.clause(0).size(), index::kMaxLiterals);
}

TEST(NormalForm, ConditionalsAndWhateverElseAreOpaque)
{
    EXPECT_THAT(kinds_of(form_of("has(labels.a) ? true : false")), ElementsAre(LeafKind::opaque));
    EXPECT_THAT(kinds_of(form_of("size(title) > 3")), ElementsAre(LeafKind::opaque));
    EXPECT_THAT(kinds_of(form_of("details.n == 9007199254740993")), ElementsAre(LeafKind::opaque))
        << "beyond what doubles tell apart";
    EXPECT_EQ(form_of("true").clauses(), 1U);
    EXPECT_EQ(form_of("false").clauses(), 0U);
}

TEST(NormalForm, AMatcherOnAFieldIsOneTest)
{
    const auto compiled =
        expr::compile_condition(R"({source=~"a|b",service!="x",env="prod"})", domain::RuleSyntax::matchers);
    ASSERT_TRUE(compiled);
    const auto form = index::normal_form(compiled->root());
    EXPECT_EQ(form.clauses(), 1U);
    EXPECT_THAT(kinds_of(form), ElementsAre(LeafKind::in, LeafKind::equals, LeafKind::equals));
}

TEST(IndexedRules, AnErrorIsNeitherTrueNorFalse)
{
    EXPECT_THAT(versions(evaluated({cel(1, R"(labels.nope == "x")"), cel(2, R"(labels.nope != "x")"),
                                    cel(3, R"(!(labels.nope == "x"))"), cel(4, R"(label("nope") != "x")"),
                                    cel(5, R"(labels.nope == "x" || severity == WARNING)")})),
                ElementsAre(4, 5));
}

TEST(IndexedRules, ChangesAreSeenByTheRulesBehindAndByNoOther)
{
    EXPECT_THAT(
        versions(evaluated({cel(1, R"(labels.env == "test")"),
                            cel(2, R"(labels.env == "prod")", SetAction{"labels.env", "test"}),
                            cel(3, R"(labels.env == "test")"), cel(4, R"(labels.env == "prod")"),
                            cel(5, R"(title.contains("changed"))"), cel(6, "true", SetAction{"title", "changed"}),
                            cel(7, R"(title.contains("changed") && details.n == 12.0)")})),
        ElementsAre(2, 3, 6, 7));
}

TEST(IndexedRules, SixtyFourChangesAreAllowedAndTheNextEndsTheEvaluation)
{
    std::vector<domain::Rule> rules;
    for (std::int32_t i = 1; i <= 64; ++i) rules.push_back(cel(i, "true", SetAction{"labels.n", std::to_string(i)}));
    EXPECT_THAT(evaluated(rules).failures, IsEmpty());
    rules.push_back(cel(65, R"(label("n") == "63")", SetAction{"labels.n", "x"}));
    EXPECT_THAT(evaluated(rules).failures, IsEmpty());
    rules.push_back(cel(66, R"(label("n") == "64")", SetAction{"labels.n", "65"}));
    rules.push_back(cel(67, "true", DropAction{}));
    for (const auto& set : {RuleSet::compile(rules), RuleSet::compile_plain(rules)}) {
        auto alert = make_alert();
        const auto evaluation = set->evaluate(alert, kNow);
        ASSERT_THAT(evaluation.failures, SizeIs(1));
        EXPECT_EQ(evaluation.failures[0].rule_id, rule_id(66));
        EXPECT_FALSE(evaluation.dropped) << "an alert that goes wrong goes on";
        EXPECT_EQ(*alert.labels.find("n"), "64");
    }
}

TEST(IndexedRules, AConditionThatCannotBeDecidedIsCountedOnItsRule)
{
    const auto evaluation = evaluated({cel(1, R"(labels.env == "prod" && details.n / 0 == 1)"),
                                       cel(2, R"(labels.env == "dev" && details.n / 0 == 1)"),
                                       cel(3, R"(details.n / 0 == 1 || labels.env == "prod")"), cel(4, "true")});
    EXPECT_THAT(versions(evaluation), ElementsAre(3, 4));
    ASSERT_THAT(evaluation.failures, SizeIs(1)) << "what is false anyway, or true anyway, is no failure";
    EXPECT_EQ(evaluation.failures[0].rule_id, rule_id(1));
    EXPECT_EQ(evaluation.failures[0].error, "division by zero");
}

TEST(IndexedRules, HostileConditionsCostNoMoreThanTheirBudget)
{
    auto alert = make_alert();
    alert.description = std::string(16'000, 'a');
    alert.details = "{\"list\":[" + std::string("0");
    for (int i = 1; i < 1'000; ++i) alert.details += "," + std::to_string(i);
    alert.details += "]}";
    std::vector<domain::Rule> rules;
    for (std::int32_t i = 1; i <= 300; ++i) {
        const auto n = std::to_string(i);
        rules.push_back(i % 2 == 0
                            ? cel(i, R"(description.matches("(a+)+b)" + n + R"($") && description.matches("(x+x+)+y"))")
                            : cel(i, "details.list.all(a, details.list.all(b, a + b > -" + n + "))"));
    }
    rules.push_back(cel(301, R"(labels.env == "prod")"));
    const auto evaluation = evaluated(rules, alert);
    EXPECT_THAT(versions(evaluation), ElementsAre(301)) << "a rule that costs little is found whatever the others cost";
    ASSERT_FALSE(evaluation.failures.empty());
    EXPECT_THAT(evaluation.failures.back().error, HasSubstr("budget"));
    EXPECT_TRUE(evaluation.budget.over);
    EXPECT_EQ(evaluation.budget.left, 0);
    ASSERT_TRUE(evaluation.budget.dearest);
    EXPECT_EQ(evaluation.budget.dearest->kind, domain::JudgeKind::rule);
}

TEST(IndexedRules, OneConditionThatTakesMoreThanItMayLeavesTheAlertOverItsBudgetAndIsNamed)
{
    auto alert = make_alert();
    alert.details = "{\"list\":[" + std::string("0");
    for (int i = 1; i < 1'000; ++i) alert.details += "," + std::to_string(i);
    alert.details += "]}";
    const auto evaluation =
        evaluated({cel(1, R"(labels.env == "prod")"), cel(2, "details.list.all(a, details.list.all(b, a + b > -1))"),
                   cel(3, "details.list.all(a, a >= 0)")},
                  alert);
    EXPECT_THAT(versions(evaluation), ElementsAre(1, 3));
    EXPECT_TRUE(evaluation.budget.over);
    EXPECT_EQ(evaluation.budget.dearest, (domain::Judge{domain::JudgeKind::rule, rule_id(2).value()}));
    EXPECT_LT(evaluation.budget.left, domain::AlertBudget::kSteps - 20'000);
    EXPECT_GT(evaluation.budget.left, domain::AlertBudget::kSteps / 2);
}

TEST(IndexedRules, WhatCostsLittleLeavesTheBudgetAlmostWhole)
{
    const auto evaluation = evaluated({cel(1, R"(labels.env == "prod")"), cel(2, "title.size() > 100")});
    EXPECT_FALSE(evaluation.budget.over);
    EXPECT_GT(evaluation.budget.left, domain::AlertBudget::kSteps - 100);
    EXPECT_EQ(evaluation.budget.dearest, (domain::Judge{domain::JudgeKind::rule, rule_id(2).value()}))
        << "what is asked behind the rules may be over";
    EXPECT_GT(evaluation.budget.most, 0U);
    EXPECT_LT(evaluation.budget.most, 100U);
}

TEST(IndexedRules, WhatCostsNothingIsNoDearest)
{
    const auto evaluation = evaluated({cel(1, R"(labels.env == "prod")"), cel(2, R"(source == "db-7")")});
    EXPECT_FALSE(evaluation.budget.dearest);
    EXPECT_EQ(evaluation.budget.left, domain::AlertBudget::kSteps);
}

TEST(IndexedRules, DatesAreLookedAtWhenAnAlertComes)
{
    auto rule = cel(1, "true");
    rule.effective_from = kNow;
    rule.effective_until = kNow + std::chrono::hours(1);
    const auto compiled = RuleSet::compile({rule});
    const auto matches_at = [&](Timestamp now) {
        auto alert = make_alert();
        return compiled->evaluate(alert, now).matches.size();
    };
    EXPECT_EQ(matches_at(kNow - std::chrono::milliseconds(1)), 0U);
    EXPECT_EQ(matches_at(kNow), 1U);
    EXPECT_EQ(matches_at(kNow + std::chrono::hours(1)), 0U);
}

TEST(IndexedRules, AnEditTakesWhatDidNotChangeFromTheSetBefore)
{
    std::vector<domain::Rule> rules = {cel(1, R"(labels.env == "prod")"), cel(2, R"(source == "db-7")"),
                                       cel(3, "true")};
    auto before = RuleSet::compile(rules);
    std::swap(rules[0].position, rules[2].position);
    rules[1].condition = R"(source == "other")";
    rules[1].version = 99;
    rules.erase(rules.begin() + 2);
    rules.push_back(cel(4, R"(label("env") == "prod")"));
    const auto after = RuleSet::compile(rules, before.get());
    before.reset();
    auto alert = make_alert();
    const auto evaluation = after->evaluate(alert, kNow);
    EXPECT_THAT(versions(evaluation), ElementsAre(1, 4));
    rules[0].enabled = false;
    EXPECT_THAT(versions(RuleSet::compile(rules, after.get())->evaluate(alert, kNow)), ElementsAre(4));
}

TEST(Trace, ShowsEachLeafOfACelConditionWithItsValueOrWhyThereIsNone)
{
    const auto compiled = RuleSet::compile(
        {cel(1, R"(labels.env == "dev" && (title.contains("disk") || !(labels.nope == "x")) && size(title) > 3)")});
    const auto trace = compiled->trace(make_alert(), kNow);
    ASSERT_EQ(trace.size(), 1U);
    EXPECT_FALSE(trace[0].matched);
    ASSERT_EQ(trace[0].leaves.size(), 4U) << "all of them, also behind one that decides";
    EXPECT_EQ(trace[0].leaves[0].expression, R"(labels.env == "dev")");
    EXPECT_EQ(trace[0].leaves[0].value, R"("prod")");
    EXPECT_FALSE(trace[0].leaves[0].matched);
    EXPECT_TRUE(trace[0].leaves[1].matched);
    EXPECT_EQ(trace[0].leaves[2].error, "no such key: nope");
    EXPECT_EQ(trace[0].leaves[2].value, "");
    EXPECT_EQ(trace[0].leaves[3].value, "13");
}

TEST(Trace, CostsNoMoreForManyRulesThanItsBudget)
{
    std::string list = "[0";
    for (int i = 1; i < 50; ++i) list += "," + std::to_string(i);
    list += "]";
    const auto part = "!" + list + ".all(x, " + list + ".all(y, x >= 0))";
    const auto costly = part + " || " + part;
    std::vector<domain::Rule> rules;
    for (std::int32_t i = 1; i <= 300; ++i) rules.push_back(cel(i, costly));
    rules.push_back(cel(301, R"(labels.env == "prod")"));
    const auto compiled = RuleSet::compile(rules);
    const auto trace = compiled->trace(make_alert(), kNow);
    ASSERT_EQ(trace.size(), 301U);
    EXPECT_EQ(trace[0].leaves[1].error, "");
    EXPECT_THAT(trace[299].leaves[1].error, HasSubstr("used up the budget"));
    EXPECT_THAT(trace[300].error, HasSubstr("used up the budget")) << "and it does not say that the rule is false";
    EXPECT_THAT(compiled->near_misses(make_alert(), kNow, 500), SizeIs(testing::Lt(300U)));
}

TEST(NearMisses, AreTheRulesWithTheFewestFailingTests)
{
    auto off = cel(4, R"(labels.env == "dev")");
    off.enabled = false;
    const auto compiled = RuleSet::compile(
        {cel(1, R"(labels.env == "dev" && source == "x" && severity == INFO)"),
         cel(2, R"(labels.env == "prod" && source == "x" && severity == WARNING)"), cel(3, R"(labels.env == "prod")"),
         off, cel(5, R"(labels.env == "dev" && (source == "x" || severity == WARNING) && !(service == "billing"))")});
    const auto misses = compiled->near_misses(make_alert(), kNow, 2);
    ASSERT_EQ(misses.size(), 2U);
    EXPECT_EQ(misses[0].rule_id, rule_id(2));
    ASSERT_EQ(misses[0].failing.size(), 1U);
    EXPECT_EQ(misses[0].failing[0].expression, R"(source == "x")");
    EXPECT_EQ(misses[0].failing[0].value, R"("db-7")");
    EXPECT_EQ(misses[1].rule_id, rule_id(5));
    ASSERT_EQ(misses[1].failing.size(), 2U);
    EXPECT_TRUE(misses[1].failing[1].matched) << "what should have been false";
}

}  // namespace winnow::rules
