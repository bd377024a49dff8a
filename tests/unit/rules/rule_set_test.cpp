#include "unit/rules/rule_maker.hpp"
#include "winnow/base/text.hpp"

#include <gmock/gmock.h>

namespace winnow::rules {

namespace {

using namespace std::chrono_literals;
using domain::DedupKeyAction;
using domain::DropAction;
using domain::RouteAction;
using domain::Rule;
using domain::SetAction;
using domain::Severity;
using domain::SeverityAction;
using domain::SuppressAction;
using testing::ElementsAre;
using testing::IsEmpty;

struct Applied {
    domain::Alert alert = make_alert();
    Evaluation evaluation;

    explicit Applied(const std::vector<Rule>& rules, Timestamp now = kNow, domain::Alert from = make_alert())
        : alert(std::move(from))
    {
        const auto compiled = RuleSet::compile(rules);
        EXPECT_THAT(compiled->broken(), IsEmpty());
        evaluation = compiled->evaluate(alert, now);
    }

    [[nodiscard]] std::vector<RuleId> matched() const
    {
        std::vector<RuleId> ids;
        for (const auto& match : evaluation.matches) ids.push_back(match.rule_id);
        return ids;
    }
};

}  // namespace

TEST(RuleSet, WithoutRulesNothingChanges)
{
    const Applied run({});
    EXPECT_EQ(run.alert, make_alert());
    EXPECT_FALSE(run.evaluation.dropped);
    EXPECT_THAT(run.evaluation.matches, IsEmpty());
    EXPECT_EQ(RuleSet::compile({})->size(), 0U);
}

TEST(RuleSet, MatchesLabelsAndOwnFields)
{
    const Applied run({make_rule(1, R"(env="prod")", {SeverityAction{Severity::critical}}),
                       make_rule(2, R"({source=~"db-.*",env!="test"})", {SetAction{"service", "databases"}}),
                       make_rule(3, R"(env="test")", {DropAction{}})});
    EXPECT_EQ(run.alert.severity, Severity::critical);
    EXPECT_EQ(run.alert.service, "databases");
    EXPECT_FALSE(run.evaluation.dropped);
    EXPECT_THAT(run.evaluation.matches,
                ElementsAre(domain::RuleMatch{rule_id(1), 11}, domain::RuleMatch{rule_id(2), 12}));
}

TEST(RuleSet, RunsInPositionOrderWhateverTheOrderGiven)
{
    const Applied run({make_rule(30, "{}", {SetAction{"title", "{{title}}3"}}),
                       make_rule(10, "{}", {SetAction{"title", "1"}}),
                       make_rule(20, "{}", {SetAction{"title", "{{title}}2"}})});
    EXPECT_EQ(run.alert.title, "123");
    EXPECT_EQ(Applied({make_rule(1, "{}", {SetAction{"title", " disk\r\nfull\n"}})}).alert.title, "disk full");
    EXPECT_THAT(run.matched(), ElementsAre(rule_id(10), rule_id(20), rule_id(30)));
}

TEST(RuleSet, LaterRulesSeeWhatEarlierOnesChanged)
{
    const Applied run({make_rule(1, R"(env="prod")", {SetAction{"labels.tier", "gold"}}),
                       make_rule(2, R"(tier="gold")", {SeverityAction{Severity::critical}}),
                       make_rule(3, R"(severity="critical")", {RouteAction{{group_id(1)}}}),
                       make_rule(4, R"(severity="warning")", {DropAction{}})});
    EXPECT_THAT(run.matched(), ElementsAre(rule_id(1), rule_id(2), rule_id(3)));
    EXPECT_THAT(run.evaluation.route, ElementsAre(group_id(1)));
}

TEST(RuleSet, StopEndsTheEvaluationOnceTheRuleHasActed)
{
    auto stop = make_rule(2, "{}", {SetAction{"group", "stopped"}});
    stop.stop = true;
    auto passed = make_rule(1, R"(env="test")", {SetAction{"group", "never"}});
    passed.stop = true;
    const Applied run({passed, stop, make_rule(3, "{}", {SetAction{"group", "too late"}})});
    EXPECT_EQ(run.alert.group, "stopped");
    EXPECT_THAT(run.matched(), ElementsAre(rule_id(2))) << "a rule that does not match stops nothing";
}

TEST(RuleSet, ADropEndsEverythingEvenWithinItsRule)
{
    const Applied run({make_rule(1, "{}", {SetAction{"group", "before"}, DropAction{}, SetAction{"group", "after"}}),
                       make_rule(2, "{}", {SetAction{"group", "later"}})});
    EXPECT_TRUE(run.evaluation.dropped);
    EXPECT_EQ(run.alert.group, "before");
    EXPECT_THAT(run.matched(), ElementsAre(rule_id(1)));
}

TEST(RuleSet, DisabledAndShadowRulesDoNotAct)
{
    auto disabled = make_rule(1, "{}", {DropAction{}});
    disabled.enabled = false;
    auto shadow = make_rule(2, "{}", {DropAction{}});
    shadow.mode = domain::RuleMode::shadow;
    const Applied run({disabled, shadow});
    EXPECT_FALSE(run.evaluation.dropped);
    EXPECT_THAT(run.evaluation.matches, IsEmpty());
}

TEST(RuleSet, EffectiveDatesIncludeTheFirstInstantAndExcludeTheLast)
{
    auto rule = make_rule(1, "{}", {DropAction{}});
    rule.effective_from = kNow;
    rule.effective_until = kNow + 1h;
    EXPECT_FALSE(Applied({rule}, kNow - 1ms).evaluation.dropped);
    EXPECT_TRUE(Applied({rule}, kNow).evaluation.dropped);
    EXPECT_TRUE(Applied({rule}, kNow + 1h - 1ms).evaluation.dropped);
    EXPECT_FALSE(Applied({rule}, kNow + 1h).evaluation.dropped);
}

TEST(RuleSet, TheFirstSuppressionGivesTheReasonAndARuleWithoutOneItsName)
{
    const Applied run(
        {make_rule(1, "{}", {SuppressAction{"maintenance"}}), make_rule(2, "{}", {SuppressAction{"other"}})});
    EXPECT_TRUE(run.evaluation.suppressed);
    EXPECT_EQ(run.evaluation.suppression_reason, "maintenance");
    EXPECT_EQ(Applied({make_rule(3, "{}", {SuppressAction{}})}).evaluation.suppression_reason, "rule 3");
}

TEST(RuleSet, RoutesAddUpWithoutRepeats)
{
    const Applied run({make_rule(1, "{}", {RouteAction{{group_id(2), group_id(1), group_id(2)}}}),
                       make_rule(2, "{}", {RouteAction{{group_id(1), group_id(3)}}})});
    EXPECT_THAT(run.evaluation.route, ElementsAre(group_id(2), group_id(1), group_id(3)));
}

TEST(RuleSet, SetReachesEveryFieldItMay)
{
    const Applied run({make_rule(
        1, "{}",
        {SetAction{"title", "t"}, SetAction{"description", "d"}, SetAction{"source", "s"}, SetAction{"service", "v"},
         SetAction{"component", "c"}, SetAction{"group", "g"}, SetAction{"class", "k"},
         SetAction{"labels.new.one", "{{details.n}}"}, SetAction{"labels.env", ""}})});
    const auto& alert = run.alert;
    EXPECT_EQ(alert.title + alert.description + alert.source + alert.service + alert.component + alert.group +
                  alert.class_name,
              "tdsvcgk");
    EXPECT_EQ(*alert.labels.find("new.one"), "12");
    EXPECT_EQ(alert.labels.find("env"), nullptr) << "an empty label is no label";
    EXPECT_FALSE(run.evaluation.dedup_key_changed);
}

TEST(RuleSet, SetResultsAreCutToTheLimitsOfAnAlert)
{
    auto alert = make_alert();
    alert.description.assign(16'384, 'x');
    const Applied run(
        {make_rule(1, "{}",
                   {SetAction{"title", "{{description}}"}, SetAction{"group", "{{description}}"},
                    SetAction{"labels.l", "{{description}}"}, SetAction{"description", "{{description}}y"}})},
        kNow, alert);
    EXPECT_EQ(run.alert.title.size(), 1'024U);
    EXPECT_EQ(run.alert.group.size(), 1'024U);
    EXPECT_EQ(run.alert.labels.find("l")->size(), 4'096U);
    EXPECT_EQ(run.alert.description.size(), 16'384U);
}

TEST(RuleSet, AnActionThatTheAlertDoesNotAllowIsLeftOutAndReported)
{
    auto alert = make_alert();
    while (alert.labels.size() < 64) alert.labels.set("l" + std::to_string(alert.labels.size()), "x");
    const Applied run({make_rule(1, "{}",
                                 {SetAction{"labels.one_more", "x"}, SetAction{"labels.env", "changed"},
                                  SetAction{"title", "{{component}}"}, DedupKeyAction{{}, "{{component}}"},
                                  SetAction{"group", "still done"}})},
                      kNow, alert);
    ASSERT_EQ(run.evaluation.failures.size(), 3U);
    EXPECT_EQ(run.evaluation.failures[0].rule_id, rule_id(1));
    EXPECT_EQ(run.evaluation.failures[0].error,
              "set labels.one_more: the alert has 64 labels already, which is the limit");
    EXPECT_EQ(run.alert.labels.size(), 64U);
    EXPECT_EQ(*run.alert.labels.find("env"), "changed");
    EXPECT_EQ(run.alert.title, "disk 93% full");
    EXPECT_EQ(run.alert.dedup_key, "db-7/disk");
    EXPECT_EQ(run.alert.group, "still done");
    EXPECT_FALSE(run.evaluation.dedup_key_changed);
}

TEST(RuleSet, ADedupKeyComesFromFieldsOrFromATemplate)
{
    const Applied fields({make_rule(1, "{}", {DedupKeyAction{{"source", "class"}, {}}})});
    EXPECT_EQ(fields.alert.dedup_key, "6:source=s4:db-7;5:class=s9:disk_full;");
    EXPECT_TRUE(fields.evaluation.dedup_key_changed);
    const Applied text({make_rule(1, "{}", {DedupKeyAction{{}, "{{service}}/{{labels.env}}"}})});
    EXPECT_EQ(text.alert.dedup_key, "billing/prod");
    const Applied same({make_rule(1, "{}", {DedupKeyAction{{}, "{{dedup_key}}"}})});
    EXPECT_FALSE(same.evaluation.dedup_key_changed);
}

TEST(RuleSet, ABrokenRuleIsLeftOutAndTheOthersRun)
{
    const auto compiled = RuleSet::compile({make_rule(1, "env=", {DropAction{}}), make_rule(2, "{}", {DropAction{}})});
    ASSERT_EQ(compiled->broken().size(), 1U);
    EXPECT_EQ(compiled->broken().front().rule_id, rule_id(1));
    EXPECT_NE(compiled->broken().front().error, "");
    EXPECT_EQ(compiled->size(), 1U);
    auto alert = make_alert();
    EXPECT_TRUE(compiled->evaluate(alert, kNow).dropped);
}

TEST(Trace, SaysForEveryRuleWhatItSaw)
{
    auto shadow = make_rule(2, R"(tier="gold")", {DropAction{}});
    shadow.mode = domain::RuleMode::shadow;
    auto stop = make_rule(4, "{}", {SetAction{"title", "{{component}}"}});
    stop.stop = true;
    const auto compiled = RuleSet::compile(
        {make_rule(1, R"({env="prod",source=~"db.*"})", {SetAction{"labels.tier", "gold"}}), shadow,
         make_rule(3, R"({tier="silver",nope="x"})", {DropAction{}}), stop, make_rule(5, "{}", {DropAction{}})});
    const auto trace = compiled->trace(make_alert(), kNow);
    ASSERT_EQ(trace.size(), 5U);

    EXPECT_EQ(trace[0].rule_name, "rule 1");
    EXPECT_EQ(trace[0].version, 11);
    EXPECT_TRUE(trace[0].considered);
    EXPECT_TRUE(trace[0].matched);
    EXPECT_FALSE(trace[0].stopped_here);
    ASSERT_EQ(trace[0].leaves.size(), 2U);
    EXPECT_EQ(trace[0].leaves[0].expression, R"(env="prod")");
    EXPECT_EQ(trace[0].leaves[0].value, "prod");
    EXPECT_EQ(trace[0].leaves[1].value, "db-7");

    EXPECT_FALSE(trace[1].considered);
    EXPECT_FALSE(trace[1].matched);
    EXPECT_TRUE(trace[1].shadow);
    EXPECT_TRUE(trace[1].would_match);
    EXPECT_FALSE(trace[0].shadow || trace[0].would_match);
    ASSERT_EQ(trace[1].leaves.size(), 1U);
    EXPECT_TRUE(trace[1].leaves[0].matched) << "a shadow rule shows what it would have seen";

    EXPECT_TRUE(trace[2].considered);
    EXPECT_FALSE(trace[2].matched);
    ASSERT_EQ(trace[2].leaves.size(), 2U);
    EXPECT_EQ(trace[2].leaves[0].value, "gold") << "as the rules before left it";
    EXPECT_FALSE(trace[2].leaves[0].matched);
    EXPECT_EQ(trace[2].leaves[1].value, "");

    EXPECT_TRUE(trace[3].stopped_here);
    EXPECT_NE(trace[3].error, "");
    EXPECT_FALSE(trace[4].considered);
    EXPECT_THAT(trace[4].leaves, IsEmpty()) << "never reached";
}

TEST(Trace, AgreesWithTheEvaluation)
{
    const auto compiled = RuleSet::compile({make_rule(1, R"(env="prod")", {SetAction{"labels.a", "1"}}),
                                            make_rule(2, R"(a="1")", {SeverityAction{Severity::info}}),
                                            make_rule(3, R"(severity="info")", {DropAction{}}),
                                            make_rule(4, "{}", {SetAction{"title", "x"}})});
    auto alert = make_alert();
    const auto evaluation = compiled->evaluate(alert, kNow);
    std::vector<domain::RuleMatch> matches;
    for (const auto& entry : compiled->trace(make_alert(), kNow)) {
        if (entry.matched) matches.push_back({entry.rule_id, entry.version});
    }
    EXPECT_EQ(matches, evaluation.matches);
    EXPECT_EQ(matches.size(), 3U);
}

namespace {

/// The alert after one rule that does this to every alert.
std::pair<domain::Alert, Evaluation> after(std::vector<domain::Action> actions, domain::Alert alert = make_alert())
{
    const auto evaluation = RuleSet::compile({make_rule(1, "{}", std::move(actions))})->evaluate(alert, kNow);
    return {alert, evaluation};
}

}  // namespace

TEST(RuleSet, ExtractGivesALabelForEachNamedGroupThatFindsSomething)
{
    const auto [alert, evaluation] =
        after({domain::ExtractAction{"title", "(?P<what>[a-z]+) (?P<percent>[0-9]+)%(?P<rest>x*)"}});
    EXPECT_EQ(*alert.labels.find("what"), "disk");
    EXPECT_EQ(*alert.labels.find("percent"), "93");
    EXPECT_EQ(alert.labels.find("rest"), nullptr);
    EXPECT_TRUE(evaluation.failures.empty());
}

TEST(RuleSet, ExtractLeavesAnAlertThatItFindsNothingInAsItWas)
{
    EXPECT_EQ(after({domain::ExtractAction{"title", "^(?P<env>memory)"}}).first, make_alert());
    EXPECT_EQ(after({domain::ExtractAction{"component", "(?P<env>.+)"}}).first, make_alert());
}

TEST(RuleSet, LaterRulesSeeWhatWasExtracted)
{
    auto alert = make_alert();
    const auto rules = RuleSet::compile({make_rule(1, "{}", {domain::ExtractAction{"title", "(?P<what>[a-z]+)"}}),
                                         make_rule(2, R"(what="disk")", {domain::TagAction{"storage"}})});
    EXPECT_EQ(rules->evaluate(alert, kNow).matches.size(), 2U);
    EXPECT_EQ(*alert.labels.find("storage"), "true");
}

TEST(RuleSet, ASixtyFifthLabelIsNeitherExtractedNorTagged)
{
    auto full = make_alert();
    for (int i = 0; full.labels.size() < 64; ++i) full.labels.set("l" + std::to_string(i), "x");
    const auto [alert, evaluation] =
        after({domain::ExtractAction{"title", "(?P<what>[a-z]+)"}, domain::TagAction{"storage"},
               domain::ExtractAction{"title", "(?P<l1>[a-z]+)"}},
              full);
    EXPECT_EQ(alert.labels.size(), 64U);
    EXPECT_EQ(*alert.labels.find("l1"), "disk") << "one that is there is replaced";
    ASSERT_EQ(evaluation.failures.size(), 2U);
    EXPECT_EQ(evaluation.failures[0].error, "extract labels.what: the alert has 64 labels already, which is the limit");
    EXPECT_EQ(evaluation.failures[1].error, "tag labels.storage: the alert has 64 labels already, which is the limit");
}

TEST(RuleSet, GroupKeyMakesTheGroupAndAnEmptyOneChangesNothing)
{
    EXPECT_EQ(after({domain::GroupKeyAction{{}, "{{service}}/{{labels.env}}"}}).first.group, "billing/prod");
    EXPECT_EQ(after({domain::GroupKeyAction{{"service"}, ""}}).first.group, "7:service=s7:billing;");
    auto grouped = make_alert();
    grouped.group = "db";
    const auto [alert, evaluation] = after({domain::GroupKeyAction{{}, "{{component}}"}}, grouped);
    EXPECT_EQ(alert.group, "db");
    EXPECT_EQ(evaluation.failures.size(), 1U);
}

TEST(RuleSet, PriorityAndNotesAreForTheTicket)
{
    const auto [alert, evaluation] = after({domain::PriorityAction{"P1"}, domain::NoteAction{"on {{source}}"},
                                            domain::NoteAction{"{{component}}"}, domain::PriorityAction{"P2"}});
    EXPECT_EQ(evaluation.priority, "P2") << "the last word counts";
    ASSERT_EQ(evaluation.notes.size(), 1U);
    EXPECT_EQ(evaluation.notes.front().rule_id, rule_id(1));
    EXPECT_EQ(evaluation.notes.front().text, "on db-7");
    EXPECT_EQ(evaluation.failures.size(), 1U) << "an empty note is none";
    EXPECT_EQ(alert, make_alert());
}

TEST(RuleSet, MachinesAreAskedForInOrderWithTheirRule)
{
    using namespace std::chrono_literals;
    auto alert = make_alert();
    const domain::ThresholdAction threshold{3, 1min, domain::ThresholdMode::reset};
    const auto rules =
        RuleSet::compile({make_rule(1, "{}", {threshold}), make_rule(2, "{}", {domain::PauseAction{5s}})});
    const auto evaluation = rules->evaluate(alert, kNow);
    ASSERT_EQ(evaluation.holds.size(), 2U);
    EXPECT_EQ(evaluation.holds[0].rule_id, rule_id(1));
    EXPECT_EQ(std::get<domain::ThresholdAction>(evaluation.holds[0].terms), threshold);
    EXPECT_EQ(evaluation.holds[1].rule_id, rule_id(2));
    EXPECT_EQ(std::get<domain::PauseAction>(evaluation.holds[1].terms).duration, 5s);
}

}  // namespace winnow::rules
