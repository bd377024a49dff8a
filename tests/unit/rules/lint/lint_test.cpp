#include "winnow/rules/lint.hpp"

#include "unit/rules/rule_maker.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace winnow::rules {

namespace {

using domain::DropAction;
using domain::RouteAction;
using domain::SetAction;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

domain::Rule cel(std::int32_t position, std::string condition, domain::Action action = RouteAction{{group_id(1)}})
{
    auto rule = make_rule(position, std::move(condition), {std::move(action)});
    rule.syntax = domain::RuleSyntax::cel;
    return rule;
}

std::vector<FindingKind> kinds_in(const std::vector<domain::Rule>& rules)
{
    std::vector<FindingKind> kinds;
    for (const auto& finding : lint(rules)) kinds.push_back(finding.kind);
    return kinds;
}

std::vector<FindingKind> kinds_of(const std::string& condition)
{
    return kinds_in({cel(1, condition)});
}

/// The earlier rule that shadows the last one; nil where none does.
RuleId shadow_of_last(const std::vector<domain::Rule>& rules)
{
    const auto findings = lint(rules);
    const auto found = std::ranges::find_if(findings, [&](const Finding& finding) {
        return finding.rule_id == rules.back().id && finding.kind == FindingKind::shadowed;
    });
    return found == findings.end() ? RuleId() : found->because_of.value();
}

}  // namespace

TEST(Lint, RemarksOnWhatIsNearlyAFieldAndOnWhatWouldBeRefusedNow)
{
    EXPECT_THAT(kinds_in({make_rule(1, R"(severty="critical")", {DropAction{}})}),
                ElementsAre(FindingKind::suspicious));
    EXPECT_THAT(kinds_in({make_rule(1, R"(labels.env="prod")", {DropAction{}})}), ElementsAre(FindingKind::suspicious));
    auto rule = make_rule(1, "titel:disk", {DropAction{}});
    rule.syntax = domain::RuleSyntax::keywords;
    const auto findings = lint_alone(rule);
    ASSERT_EQ(findings.size(), 1);
    EXPECT_THAT(findings[0].message, HasSubstr("did you mean title?"));
    EXPECT_TRUE(RuleSet::compile({rule})->size() == 1) << "what is stored goes on";
    EXPECT_FALSE(check(rule));
}

TEST(Lint, OrdinaryRulesAreFine)
{
    for (const auto* condition :
         {"true", R"(labels.env == "prod" && severity >= ERROR)", R"(details.a > 1 && details.a < 2)",
          R"(label("env") != "dev")", R"(has(labels.env) && labels.env != "dev")", R"(title.matches("a|b"))",
          R"(labels.env in ["a", "b"] && labels.env != "a")", R"(details.n >= 5 && details.n <= 5)"}) {
        EXPECT_THAT(kinds_of(condition), IsEmpty()) << condition;
    }
    EXPECT_THAT(kinds_in({make_rule(1, R"({env!="prod",source=~"a.*"})", {DropAction{}})}), IsEmpty())
        << "matchers take a missing label for an empty one";
}

TEST(Lint, TestsThatExcludeEachOtherAreContradictory)
{
    for (const auto* condition :
         {"severity == ERROR && severity == INFO", R"(source == "a" && source in ["b", "c"])",
          "details.a > 90 && details.a < 10", "details.a > 5 && details.a <= 5",
          R"(title == "disk" && !title.contains("is"))", R"(labels.a == "x" && !has(labels.a))",
          R"(title.startsWith("ab") && !title.contains("b"))",
          R"(source in ["a", "b"] && source != "a" && source != "b")", "size(title) > 3 && !(size(title) > 3)",
          R"((source == "a" && source == "b") || (details.a == 1 && details.a > 2))"}) {
        EXPECT_THAT(kinds_of(condition), testing::Contains(FindingKind::contradictory)) << condition;
    }
}

TEST(Lint, WhatNoAlertHasIsNeverTrue)
{
    for (const auto* condition : {"false", "severity > CRITICAL", "severity < 1", "!(severity <= 4)",
                                  R"(labels.env == "")", R"(source in [])", R"(title == "")", R"(dedup_key == "")"}) {
        EXPECT_THAT(kinds_of(condition), ElementsAre(FindingKind::never_true)) << condition;
    }
    EXPECT_THAT(kinds_of(R"(status == "open")"), ElementsAre(FindingKind::suspicious, FindingKind::never_true));
    EXPECT_THAT(kinds_of(R"(status == "open" || source == "a")"), ElementsAre(FindingKind::suspicious));
    EXPECT_THAT(kinds_in({make_rule(1, R"(title="")", {DropAction{}})}), ElementsAre(FindingKind::never_true));
    EXPECT_THAT(kinds_in({make_rule(1, R"(source="")", {DropAction{}})}), IsEmpty());
    EXPECT_THAT(kinds_of(R"(label("env") == "")"), IsEmpty());
}

TEST(Lint, ANegatedTestOfALabelThatMayBeMissingIsNamedWithItsPlace)
{
    const auto findings = lint({cel(1, R"(source == "a" && labels.env != "dev")")});
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].kind, FindingKind::unguarded_label);
    EXPECT_EQ(to_string(findings[0].kind), "unguarded_label");
    EXPECT_THAT(findings[0].message, HasSubstr(R"(label("env"))"));
    ASSERT_TRUE(findings[0].position);
    EXPECT_EQ(findings[0].position->line, 1U);
    EXPECT_GT(findings[0].position->column, 17U);
    EXPECT_THAT(kinds_of(R"(!(labels.env == "dev" || labels.team == "x"))"),
                ElementsAre(FindingKind::unguarded_label, FindingKind::unguarded_label));
}

TEST(Lint, ARegexThatIsAnEqualityIsShownAsOne)
{
    const auto findings = lint({cel(1, R"(source.matches("^(a|b)$"))"), cel(2, R"(source.matches("^web\\.jp$"))")});
    ASSERT_EQ(findings.size(), 2U);
    EXPECT_EQ(findings[0].kind, FindingKind::regex_is_equality);
    EXPECT_THAT(findings[0].message, HasSubstr(R"(source in ["a", "b"])"));
    EXPECT_THAT(findings[1].message, HasSubstr(R"(source == "web.jp")"));
    EXPECT_THAT(kinds_in({make_rule(1, R"(env=~"prod")", {DropAction{}})}),
                ElementsAre(FindingKind::regex_is_equality));
    EXPECT_THAT(kinds_in({make_rule(1, R"(env=~"prod|dev")", {DropAction{}})}), IsEmpty())
        << "matchers have no other way to say it";
}

TEST(Lint, WhatTheIndexCannotUseIsShown)
{
    const auto findings = lint({cel(1, R"(source == "a" && size(title) > 3)")});
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].kind, FindingKind::opaque);
    EXPECT_THAT(findings[0].message, HasSubstr("size(title) > 3"));
}

TEST(Lint, ADuplicateDoesTheSameForTheSameAlerts)
{
    const auto findings =
        lint({cel(1, R"(source == "a" && severity == INFO)"), cel(2, R"(severity == INFO && "a" == source)"),
              cel(3, R"(severity == INFO && source == "a")", SetAction{"title", "x"})});
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].rule_id, rule_id(2));
    EXPECT_EQ(findings[0].kind, FindingKind::duplicate);
    EXPECT_EQ(findings[0].because_of, rule_id(1));
    auto off = cel(1, R"(source == "a")");
    off.enabled = false;
    EXPECT_THAT(kinds_in({off, cel(2, R"(source == "a")")}), IsEmpty());
}

TEST(Lint, ARuleBehindOneThatEndsTheEvaluationForAllItsAlertsIsShadowed)
{
    const auto drop = [](std::int32_t position, std::string condition) {
        return cel(position, std::move(condition), DropAction{});
    };
    const auto first = drop(1, R"(severity in [INFO, WARNING] && title.contains("disk") && details.n > 3)");
    EXPECT_EQ(
        shadow_of_last(
            {first, cel(2, R"(severity == INFO && title.startsWith("a disk") && details.n >= 4 && source == "x")")}),
        rule_id(1));
    EXPECT_EQ(shadow_of_last({first, cel(2, R"(severity == INFO && title == "disk" && details.n == 4)")}), rule_id(1));
    EXPECT_EQ(shadow_of_last({first, cel(2, R"(severity == INFO && title == "disk" && details.n >= 3)")}), RuleId());
    EXPECT_EQ(shadow_of_last({first, cel(2, R"(severity == ERROR && title == "disk" && details.n == 4)")}), RuleId());
    EXPECT_EQ(shadow_of_last({drop(1, R"(source == "a")"), drop(2, R"(source == "b")"),
                              cel(3, R"(source in ["a"] || source == "b" && severity == INFO)")}),
              rule_id(2));
    EXPECT_EQ(shadow_of_last({drop(1, "true"), cel(2, R"(source == "b")")}), rule_id(1));
    EXPECT_EQ(shadow_of_last({drop(1, R"(has(labels.a))"), cel(2, R"(labels.a == "b")")}), rule_id(1));
    EXPECT_EQ(shadow_of_last({drop(1, R"(source != "a")"), cel(2, R"(source == "b")")}), rule_id(1));
}

TEST(Lint, NothingIsShadowedByWhatMayNotBeInForceOrSawAnotherAlert)
{
    const auto later = cel(9, R"(source == "a")");
    auto first = cel(1, R"(source == "a")", DropAction{});
    EXPECT_EQ(shadow_of_last({first, later}), rule_id(1));
    EXPECT_EQ(shadow_of_last({first, cel(2, "true", SetAction{"source", "a"}), later}), RuleId());
    EXPECT_EQ(shadow_of_last({cel(1, R"(source == "a")"), later}), RuleId()) << "it does not end the evaluation";
    auto until = first;
    until.effective_until = kNow;
    EXPECT_EQ(shadow_of_last({until, later}), RuleId());
    first.mode = domain::RuleMode::shadow;
    EXPECT_EQ(shadow_of_last({first, later}), RuleId());
    auto stop = cel(1, R"(source == "a")");
    stop.stop = true;
    EXPECT_EQ(shadow_of_last({stop, later}), rule_id(1));
}

TEST(Lint, TenThousandRulesAreNoTrouble)
{
    std::vector<domain::Rule> rules;
    for (std::int32_t i = 0; i < 10'000; ++i) {
        const auto n = std::to_string(i % 9'000);
        rules.push_back(
            cel(i, "service == \"svc-" + n + "\" && title.contains(\"message " + n + "\") && severity >= ERROR",
                DropAction{}));
    }
    const auto findings = lint(rules);
    EXPECT_EQ(std::ranges::count(findings, FindingKind::shadowed, &Finding::kind), 1'000);
}

/// `count` rules, each with all of 30 tests but four, of which no two have the same.
std::vector<domain::Rule> entangled(std::size_t count)
{
    constexpr int kTests = 30;
    std::vector<domain::Rule> rules;
    for (int a = 0; a < kTests; ++a) {
        for (int b = 0; b < a; ++b) {
            for (int c = 0; c < b; ++c) {
                for (int d = 0; d < c && rules.size() < count; ++d) {
                    std::string condition;
                    for (int i = 0; i < kTests; ++i) {
                        if (i == a || i == b || i == c || i == d) continue;
                        condition +=
                            (condition.empty() ? "" : " && ") + ("title.contains(\"t" + std::to_string(i)) + ".\")";
                    }
                    const auto number = static_cast<int>(rules.size());
                    rules.push_back(cel(number + 1, condition, DropAction{}));
                }
            }
        }
    }
    return rules;
}

TEST(Lint, RulesThatHaveMuchInCommonAreComparedUpToABoundAndItSaysFromWhereOnTheyWereNot)
{
    const auto rules = entangled(6'000);
    const auto findings = lint(rules);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings.front().kind, FindingKind::untried);
    const auto from = std::ranges::find(rules, findings.front().rule_id, &domain::Rule::id);
    EXPECT_GT(from - rules.begin(), 1'000);
    EXPECT_TRUE(lint({rules.begin(), rules.begin() + 1'000}).empty());
}

TEST(Lint, TestsThatAllRulesHaveInCommonCostNothing)
{
    std::string common;
    for (int i = 0; i < 20; ++i) common += "title.contains(\"t" + std::to_string(i) + ".\") && ";
    std::vector<domain::Rule> rules;
    for (int i = 0; i < 3'000; ++i) {
        rules.push_back(cel(i + 1, common + "source == \"s" + std::to_string(i % 2'900) + "\"", DropAction{}));
    }
    const auto findings = lint(rules);
    EXPECT_EQ(std::ranges::count(findings, FindingKind::shadowed, &Finding::kind), 100);
    EXPECT_EQ(std::ranges::count(findings, FindingKind::untried, &Finding::kind), 0);
}

TEST(Lint, ValuesThatAreTriedOnRegularExpressionsAreBoundedAndNothingIsSaidThatIsNotSo)
{
    std::string values;
    for (int i = 0; i < 240; ++i) values += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\"";
    std::vector<domain::Rule> rules;
    for (int i = 0; i < 100; ++i) {  // each matches each value
        rules.push_back(cel(i + 1, "title.matches(\"^a?[0-9]*b{0," + std::to_string(i + 1) + "}$\") && source == \"x\"",
                            DropAction{}));
    }
    for (int i = 0; i < 200; ++i) {
        rules.push_back(cel(101 + i, "title in [" + values + "] && source == \"" + std::to_string(i) + "\""));
    }
    EXPECT_THAT(kinds_in(rules), ElementsAre(FindingKind::untried));
}

}  // namespace winnow::rules
