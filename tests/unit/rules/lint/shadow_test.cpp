/// Rules in shadow mode: they match at their place among the live ones, and nobody but the counters notices.

#include "unit/rules/rule_maker.hpp"

#include <gmock/gmock.h>

namespace winnow::rules {
namespace {

using domain::DropAction;
using domain::NoteAction;
using domain::Rule;
using domain::SetAction;
using domain::SuppressAction;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Rule shadow(Rule rule)
{
    rule.mode = domain::RuleMode::shadow;
    return rule;
}

Rule cel(Rule rule)
{
    rule.syntax = domain::RuleSyntax::cel;
    return rule;
}

/// By the index and by the plain loop, which must agree.
Evaluation evaluate(const std::vector<Rule>& rules, Timestamp now = kNow)
{
    auto alert = make_alert();
    auto same = alert;
    auto found = RuleSet::compile(rules)->evaluate(alert, now);
    EXPECT_EQ(RuleSet::compile_plain(rules)->evaluate(same, now).shadows, found.shadows);
    EXPECT_EQ(alert, same);
    return found;
}

std::vector<RuleId> shadows(const std::vector<Rule>& rules, Timestamp now = kNow)
{
    std::vector<RuleId> ids;
    for (const auto& one : evaluate(rules, now).shadows) ids.push_back(one.rule_id);
    return ids;
}

TEST(ShadowRules, SayWhatTheyWouldHaveDoneAndDoNothing)
{
    const auto found =
        evaluate({shadow(make_rule(1, "{}", {DropAction{}})), shadow(make_rule(2, "{}", {SuppressAction{}})),
                  shadow(make_rule(3, R"(env="test")", {DropAction{}})), make_rule(4, "{}", {NoteAction{"n"}})});
    EXPECT_THAT(found.shadows,
                ElementsAre(Evaluation::Shadow{rule_id(1), true, false}, Evaluation::Shadow{rule_id(2), false, true}));
    EXPECT_FALSE(found.dropped || found.suppressed);
    ASSERT_THAT(found.matches, SizeIs(1));
    EXPECT_EQ(found.matches[0].rule_id, rule_id(4));
}

TEST(ShadowRules, SeeTheAlertAsTheLiveRulesBeforeThemLeftIt)
{
    const auto gold = R"(tier="gold")";
    EXPECT_THAT(
        shadows({shadow(make_rule(1, gold, {DropAction{}})), make_rule(2, "{}", {SetAction{"labels.tier", "gold"}}),
                 shadow(make_rule(3, gold, {DropAction{}})), make_rule(4, "{}", {SetAction{"labels.tier", "tin"}}),
                 shadow(make_rule(5, gold, {DropAction{}})), shadow(make_rule(6, "{}", {DropAction{}}))}),
        ElementsAre(rule_id(3), rule_id(6)));
}

TEST(ShadowRules, DoNotChangeTheAlertForEachOther)
{
    EXPECT_THAT(shadows({shadow(make_rule(1, "{}", {SetAction{"labels.tier", "gold"}})),
                         shadow(make_rule(2, R"(tier="gold")", {DropAction{}}))}),
                ElementsAre(rule_id(1)));
}

TEST(ShadowRules, AreNotAskedAfterALiveRuleEndedTheEvaluation)
{
    auto stop = make_rule(2, "{}", {NoteAction{"n"}});
    stop.stop = true;
    const auto before = shadow(make_rule(1, "{}", {DropAction{}}));
    const auto after = shadow(make_rule(3, "{}", {DropAction{}}));
    EXPECT_THAT(shadows({before, stop, after}), ElementsAre(rule_id(1)));
    EXPECT_THAT(shadows({before, make_rule(2, "{}", {DropAction{}}), after}), ElementsAre(rule_id(1)));
    EXPECT_THAT(shadows({before, shadow(stop), after}), ElementsAre(rule_id(1), rule_id(2), rule_id(3)))
        << "their own stop stops nothing";
}

TEST(ShadowRules, KeepTheirDatesAndMayBeDisabled)
{
    auto dated = shadow(make_rule(1, "{}", {DropAction{}}));
    dated.effective_from = kNow;
    auto disabled = shadow(make_rule(2, "{}", {DropAction{}}));
    disabled.enabled = false;
    EXPECT_THAT(shadows({dated, disabled}), ElementsAre(rule_id(1)));
    EXPECT_THAT(shadows({dated, disabled}, kNow - std::chrono::milliseconds(1)), IsEmpty());
}

TEST(ShadowRules, HaveABudgetOfTheirOwn)
{
    auto alert = make_alert();
    alert.details = R"({"list":[0)";
    for (int i = 1; i < 1'000; ++i) alert.details += "," + std::to_string(i);
    alert.details += "]}";
    std::vector<Rule> rules;
    for (int i = 1; i <= 300; ++i) {
        const auto hungry = "details.list.all(a, details.list.all(b, a + b > -" + std::to_string(i) + "))";
        rules.push_back(shadow(cel(make_rule(i, hungry, {DropAction{}}))));
    }
    rules.push_back(cel(make_rule(301, "size(title) > 0", {NoteAction{"n"}})));
    const auto found = RuleSet::compile(rules)->evaluate(alert, kNow);
    EXPECT_THAT(found.matches, SizeIs(1)) << "a live rule is not starved";
    EXPECT_THAT(found.failures, IsEmpty());
    ASSERT_FALSE(found.shadow_failures.empty());
    EXPECT_THAT(found.shadow_failures.back().error, HasSubstr("budget"));
}

}  // namespace
}  // namespace winnow::rules
