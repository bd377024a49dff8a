/// What a back-test counts, and what it says differs.

#include "winnow/backtest/comparison.hpp"

#include "unit/rules/rule_maker.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace winnow::backtest {
namespace {

using namespace std::chrono_literals;
using domain::Action;
using domain::Rule;
using domain::Severity;
using nlohmann::json;
using rules::group_id;
using rules::kNow;
using rules::make_alert;
using rules::make_rule;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto kEverything = "{}";

Rule rule(std::vector<Action> actions, std::string condition = kEverything)
{
    return make_rule(1, std::move(condition), std::move(actions));
}

AlertId alert_id(std::uint64_t n)
{
    return AlertId(Uuid::from_words(9, n));
}

void add(Comparison& comparison, domain::Alert alert)
{
    comparison.add(alert_id(1), alert, [before = alert](domain::Alert& again) { again = before; });
}

class BacktestComparison : public testing::Test {
protected:
    /// The report on one alert.
    Report compared(std::vector<Rule> draft, std::vector<Rule> live, domain::Alert alert = make_alert())
    {
        question_.draft = std::move(draft);
        question_.live = std::move(live);
        Comparison comparison(question_);
        add(comparison, alert);
        return comparison.report();
    }

    /// The names of what differs, in both directions: what is new with `actions` is no more without them.
    std::pair<std::string, std::string> difference_of(const std::vector<Action>& actions)
    {
        return {names(compared({rule(actions)}, {})), names(compared({}, {rule(actions)}))};
    }

    static std::string names(const Report& report)
    {
        std::string out;
        for (std::size_t i = 0; i < kDifferences; ++i) {
            if (report.differences.at(i) == 0) continue;
            EXPECT_EQ(report.differences.at(i), 1U);
            EXPECT_THAT(report.samples.at(i), SizeIs(1));
            out += (out.empty() ? "" : " ") + std::string(to_string(static_cast<Difference>(i)));
        }
        return out;
    }

    static std::uint64_t count(const Report& report, Difference difference)
    {
        return report.differences.at(static_cast<std::size_t>(difference));
    }

    Question question_{
        .draft = {}, .live = {}, .live_set = {}, .default_route = {group_id(1)}, .from = kNow - 1h, .until = kNow + 1h};
};

TEST_F(BacktestComparison, SaysWhatWouldNewlyBeDroppedAndWhatNoLonger)
{
    EXPECT_EQ(difference_of({domain::DropAction{}}),
              std::pair(std::string("newly_dropped no_longer_told"), std::string("no_longer_dropped newly_told")));
}

TEST_F(BacktestComparison, SaysWhatWouldNewlyBeSuppressedAndWhatNoLonger)
{
    EXPECT_EQ(difference_of({domain::SuppressAction{"r"}}), std::pair(std::string("newly_suppressed no_longer_told"),
                                                                      std::string("no_longer_suppressed newly_told")));
}

TEST_F(BacktestComparison, SaysWhatWouldNewlyBeHeldBackAndWhatNoLonger)
{
    const std::vector<Action> kinds{domain::PauseAction{5min}, domain::ThresholdAction{3, 5min}, domain::FlapAction{}};
    for (const auto& kind : kinds) {
        EXPECT_EQ(difference_of({kind}),
                  std::pair(std::string("newly_held no_longer_told"), std::string("no_longer_held newly_told")));
    }
}

TEST_F(BacktestComparison, SaysWhatWouldNewlyPage)
{
    question_.default_route = {};
    EXPECT_EQ(difference_of({domain::RouteAction{{group_id(2)}}}),
              std::pair(std::string("newly_told"), std::string("no_longer_told")));
}

TEST_F(BacktestComparison, SaysWhoseSeverityChanges)
{
    EXPECT_EQ(difference_of({domain::SeverityAction{Severity::critical}}),
              std::pair(std::string("severity_changed"), std::string("severity_changed")));
    const auto report = compared({rule({domain::SeverityAction{Severity::critical}})}, {});
    const auto& sample = report.samples[static_cast<std::size_t>(Difference::severity_changed)].front();
    EXPECT_EQ(std::pair(sample.draft.severity, sample.live.severity), std::pair(Severity::critical, Severity::warning));
    EXPECT_EQ(sample.alert, alert_id(1));
    EXPECT_EQ(sample.received_at, kNow);
    EXPECT_THAT(sample.draft.rules, ElementsAre("rule 1"));
    EXPECT_THAT(sample.live.rules, IsEmpty());
}

TEST_F(BacktestComparison, SaysWhoElseWouldBeTold)
{
    EXPECT_EQ(difference_of({domain::RouteAction{{group_id(2)}}}),
              std::pair(std::string("route_changed"), std::string("route_changed")));
    const auto report = compared({rule({domain::RouteAction{{group_id(3), group_id(2)}}})}, {});
    const auto& sample = report.samples[static_cast<std::size_t>(Difference::route_changed)].front();
    EXPECT_THAT(sample.draft.route, ElementsAre(group_id(2), group_id(3)));
    EXPECT_THAT(sample.live.route, ElementsAre(group_id(1)));
}

TEST_F(BacktestComparison, ARouteToWhomeverTheDefaultTellsIsNoDifference)
{
    EXPECT_EQ(difference_of({domain::RouteAction{{group_id(1)}}}), std::pair(std::string(), std::string()));
}

TEST_F(BacktestComparison, ARecoveryIsNeverAPage)
{
    auto alert = make_alert();
    alert.status = domain::AlertStatus::resolved;
    const auto report = compared({rule({domain::DropAction{}})}, {}, alert);
    EXPECT_EQ(names(report), "newly_dropped");
    EXPECT_EQ(report.live.told, 0U);
}

TEST_F(BacktestComparison, OfTheSameRulesSaysThatNothingDiffers)
{
    const std::vector<Rule> rules{make_rule(1, "{env=\"prod\"}", {domain::SeverityAction{Severity::error}}),
                                  make_rule(2, "{severity=\"error\"}", {domain::DropAction{}})};
    const auto report = compared(rules, rules);
    EXPECT_EQ(names(report), "");
    EXPECT_EQ(report.draft.dropped, 1U);
    EXPECT_EQ(report.live.dropped, 1U);
    EXPECT_EQ(report.rules.at(1).live_matches, 1U);
}

TEST_F(BacktestComparison, ARuleThatChangesTheAlertChangesWhatTheOthersSeeInItsOwnSetOnly)
{
    const auto live = make_rule(2, "{env=\"dev\"}", {domain::DropAction{}});
    const auto report = compared({make_rule(1, kEverything, {domain::SetAction{"labels.env", "dev"}}), live}, {live});
    EXPECT_EQ(count(report, Difference::newly_dropped), 1U);
    EXPECT_EQ(report.live.dropped, 0U);
}

TEST_F(BacktestComparison, TheOrderOfRulesIsADifferenceToo)
{
    auto first = make_rule(1, kEverything, {domain::SeverityAction{Severity::info}});
    auto second = make_rule(2, kEverything, {domain::SeverityAction{Severity::critical}});
    const std::vector<Rule> live{first, second};
    std::swap(first.position, second.position);
    EXPECT_EQ(names(compared({second, first}, live)), "severity_changed");
}

TEST_F(BacktestComparison, JudgesEveryAlertAtTheTimeWhenItCame)
{
    auto dated = rule({domain::DropAction{}});
    dated.effective_from = kNow;
    question_.draft = {dated};
    Comparison comparison(question_);
    for (const auto at : {kNow - 1ms, kNow, kNow + 59min}) {
        auto alert = make_alert();
        alert.received_at = at;
        add(comparison, alert);
    }
    EXPECT_EQ(comparison.report().draft.dropped, 2U);
    EXPECT_EQ(comparison.report().read_until, kNow + 59min);
}

TEST_F(BacktestComparison, CountsByTimeAndFollowsTheRulesThatAreNew)
{
    question_.draft = {rule({domain::DropAction{}})};
    Comparison comparison(question_);
    // The ends of the range, and what lies outside: counted where it is nearest.
    for (const auto at : {kNow - 2h, kNow - 1h, kNow + 1h - 1ms, kNow + 5h}) {
        auto alert = make_alert();
        alert.received_at = at;
        add(comparison, alert);
    }
    const auto& report = comparison.report();
    EXPECT_EQ(report.bucket_width, 1min);
    ASSERT_THAT(report.buckets, SizeIs(120));
    EXPECT_EQ(report.buckets.front().read, 2U);
    EXPECT_EQ(report.buckets.back().draft.dropped, 2U);
    ASSERT_THAT(report.rules, SizeIs(1));
    EXPECT_EQ(report.rules.front().change, RuleChange::added);
    EXPECT_EQ(report.rules.front().over_time.front(), 2U);
    EXPECT_EQ(report.rules.front().over_time.back(), 2U);
}

TEST_F(BacktestComparison, AnyRangeHasAFewBuckets)
{
    for (const auto range : {std::chrono::milliseconds(1), std::chrono::milliseconds(200min),
                             std::chrono::milliseconds(24h * 90), std::chrono::milliseconds(24h * 3'650)}) {
        question_.until = question_.from + range;
        const Comparison comparison(question_);
        const auto& report = comparison.report();
        EXPECT_GE(report.buckets.size(), 1U);
        EXPECT_LE(report.buckets.size(), kMaxBuckets);
        EXPECT_GE(report.bucket_width * report.buckets.size(), range);
    }
}

TEST_F(BacktestComparison, CountsFailuresOfTheDraft)
{
    auto broken = rule({domain::DropAction{}}, "details.n / 0 == 1");
    broken.syntax = domain::RuleSyntax::cel;
    const auto report = compared({broken}, {});
    EXPECT_EQ(report.draft_failures, 1U);
    EXPECT_EQ(names(report), "");
}

TEST_F(BacktestComparison, TakesNoMoreMemoryForMoreAlerts)
{
    question_.draft = {rule({domain::DropAction{}})};
    question_.live = {make_rule(2, kEverything, {domain::SuppressAction{}})};
    Comparison comparison(question_);
    const auto feed = [&](int count) {
        for (int i = 0; i < count; ++i) {
            auto alert = make_alert();
            alert.title = "one of its own " + std::to_string(i) + std::string(400, 'x');
            alert.dedup_key = alert.title;
            add(comparison, alert);
        }
        return to_json(comparison.report(), true).size();
    };
    const auto few = feed(100);
    const auto many = feed(10'000);
    EXPECT_LT(many, few + 200);  // some numbers have more digits
    const auto& samples = comparison.report().samples[static_cast<std::size_t>(Difference::newly_dropped)];
    EXPECT_THAT(samples, SizeIs(kMaxSamples));
    EXPECT_THAT(samples.front().title, SizeIs(kMaxSampleTitle));
}

TEST_F(BacktestComparison, TheDocumentListsRulesThatChangedBeforeThoseThatMatched)
{
    auto edited = make_rule(2, kEverything, {domain::SuppressAction{}});
    const auto before = edited;
    ++edited.version;
    const auto kept = make_rule(3, kEverything, {domain::NoteAction{"n"}});
    const auto silent = make_rule(4, "{env=\"nowhere\"}", {domain::DropAction{}});
    const auto report = compared({make_rule(1, "{env=\"x\"}", {domain::DropAction{}}), edited, kept, silent},
                                 {before, kept, silent, make_rule(5, kEverything, {domain::DropAction{}})});
    const auto document = json::parse(to_json(report, false));
    std::vector<std::string> listed;
    for (const auto& item : document["rules"]) {
        listed.push_back(item["name"].get<std::string>() + ' ' + item["change"].get<std::string>());
    }
    EXPECT_THAT(listed, ElementsAre("rule 2 changed", "rule 5 removed", "rule 1 added", "rule 3 unchanged"));
    EXPECT_EQ(document["rules"][2]["id"], nullptr);
    EXPECT_EQ(document["difference"]["no_longer_dropped"]["count"], 1);
    EXPECT_EQ(document["difference"]["no_longer_dropped"]["samples"][0]["live"]["fate"], "dropped");
    EXPECT_EQ(document["difference"]["no_longer_dropped"]["samples"][0]["draft"]["fate"], "suppressed");
    EXPECT_EQ(document["complete"], false);
    EXPECT_EQ(document["read_until"], format_rfc3339(kNow));
    EXPECT_EQ(document["bucket_width"], "PT1M");
}

TEST_F(BacktestComparison, ListsNoMoreRulesAndSeriesThanAnybodyReads)
{
    std::vector<Rule> many;
    for (int i = 1; i <= 500; ++i) many.push_back(make_rule(i, kEverything, {domain::NoteAction{"n"}}));
    const auto document = json::parse(to_json(compared(many, {}), true));
    EXPECT_EQ(document["rules"].size(), kMaxListedRules);
    const auto& rules = document["rules"];
    EXPECT_EQ(std::ranges::count_if(rules, [](const json& item) { return item.contains("over_time"); }),
              static_cast<std::ptrdiff_t>(kMaxSeries));
}

}  // namespace
}  // namespace winnow::backtest
