#include "cli/rules/cases/rule_cases.hpp"

#include "cli/rules/cases/rule_case_report.hpp"
#include "winnow/forms/rule_documents.hpp"

#include <gmock/gmock.h>

#include <sstream>

namespace winnow::cli {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> pointers(const Error& error)
{
    std::vector<std::string> list;
    for (const auto& field : error.fields()) list.push_back(field.pointer);
    return list;
}

std::vector<std::string> differences(const char* expected, const char* actual)
{
    std::vector<Mismatch> found;
    match(json::parse(expected), json::parse(actual), "", "", found);
    std::vector<std::string> list;
    for (const auto& each : found) list.push_back(each.pointer);
    return list;
}

/// One case of one rule, with these steps.
CaseResult played(const char* steps, const char* rules = "[]", const char* expect = "null")
{
    const json document{
        {"rules", json::parse(rules)},
        {"cases", {{{"name", "case"}, {"steps", json::parse(steps)}, {"expect", json::parse(expect)}}}}};
    const auto cases = read_cases(document);
    EXPECT_TRUE(cases) << (cases ? "" : cases.error().message());
    const auto set = forms::read_rule_documents(cases->rules.dump());
    EXPECT_TRUE(set) << (set ? "" : set.error().message());
    return play(*cases, *set).front();
}

TEST(RuleCases, OnlyWhatIsNamedIsCompared)
{
    EXPECT_THAT(differences(R"({"a": 1})", R"({"a": 1, "b": 2})"), IsEmpty());
    EXPECT_THAT(differences(R"({"a": {"b": 1}})", R"({"a": {"b": 2}})"), ElementsAre("/a/b"));
    EXPECT_THAT(differences(R"({"a": null})", R"({"b": 2})"), IsEmpty());
    EXPECT_THAT(differences(R"({"a": null})", R"({"a": 2})"), ElementsAre("/a"));
    EXPECT_THAT(differences(R"({"a": 1})", R"({})"), ElementsAre("/a"));
    EXPECT_THAT(differences(R"([{"a": 1}, 2])", R"([{"a": 1, "b": 1}, 3])"), ElementsAre("/1"));
    EXPECT_THAT(differences(R"({"l": [1]})", R"({"l": [1, 2]})"), ElementsAre("/l")) << "a list agrees as a whole";
}

TEST(RuleCases, EverythingWrongInAFileIsNamedAtOnce)
{
    const auto cases = read_cases(json::parse(R"({
        "rules": 1, "setings": {}, "settings": {"reopen_window": "x"},
        "cases": [{"name": "", "steps": []},
                  {"name": "n", "at": "noon",
                   "steps": [{"after": "PT1M", "at": "2026-01-01T00:00:00Z", "times": 0, "alert": 3,
                              "expect": {"told": [], "tickets": []}}],
                   "expect": {"tickets": [{"stat": "open"}]}}]})"));
    ASSERT_FALSE(cases);
    EXPECT_THAT(pointers(cases.error()),
                testing::UnorderedElementsAre("/setings", "/rules", "/settings/reopen_window", "/cases/0/name",
                                              "/cases/0/steps", "/cases/1/at", "/cases/1/steps/0/at",
                                              "/cases/1/steps/0/alert", "/cases/1/steps/0/times",
                                              "/cases/1/steps/0/expect/tickets", "/cases/1/expect/tickets/0/stat"));
    EXPECT_FALSE(read_cases(json::parse(R"({"rules": [], "cases": []})")));
    EXPECT_FALSE(read_cases(json::array()));
}

TEST(RuleCases, TimesAreKeptToTheirEdge)
{
    const auto of = [](int times) {
        return read_cases({{"rules", json::array()},
                           {"cases", {{{"name", "n"}, {"steps", {{{"alert", {{"title", "x"}}}, {"times", times}}}}}}}});
    };
    EXPECT_TRUE(of(10'000));
    EXPECT_FALSE(of(10'001));
}

TEST(RuleCases, StepsArePlayedOneAfterTheOther)
{
    const auto* steps = R"([
        {"alert": {"title": "x", "dedup_key": "k"}, "times": 2, "expect": {"effect": "joined", "ticket": {"number": 1}}},
        {"after": "PT1H", "alert": {"title": "x", "dedup_key": "k", "status": "resolved"},
         "expect": {"disposition": "resolved", "told": ["recovered"], "route": ["default"]}},
        {"after": "PT25H", "alert": {"title": "x", "dedup_key": "k"}, "expect": {"effect": "opened"}}])";
    const auto result = played(
        steps, "[]", R"({"told": ["opened", "recovered", "opened"], "tickets": [{"occurrences": 2}, {"number": 2}]})");
    EXPECT_TRUE(result.passed()) << results_json({result});
}

TEST(RuleCases, WhatIsNotAsExpectedIsSaidWithItsPlace)
{
    const auto result = played(R"([{"alert": {"title": "x"}, "expect": {"disposition": "dropped"}}])");
    ASSERT_EQ(result.mismatches.size(), 1U);
    EXPECT_EQ(result.mismatches[0].where, "step 1");
    EXPECT_EQ(result.mismatches[0].pointer, "/disposition");
    EXPECT_EQ(result.mismatches[0].actual, "ticketed");
}

TEST(RuleCases, AnAlertThatWouldBeRefusedEndsTheCase)
{
    EXPECT_THAT(played(R"([{"alert": {"title": ""}}])").error, HasSubstr("step 1: /alert/title"));
    EXPECT_THAT(played(R"([{"at": "2020-01-01T00:00:00Z"}])").error, HasSubstr("cannot go back"));
}

TEST(RuleCases, WhatADoorWouldSayOfAnAlertStandsWithItsStepOnce)
{
    const auto result = played(
        R"([{"alert": {"title": "x"}}, {"alert": {"title": "x", "lables": {}, "severity": "hihg"}, "times": 3}])");
    EXPECT_TRUE(result.passed()) << results_json({result});
    EXPECT_THAT(result.warnings, ElementsAre(HasSubstr("step 2: /alert/lables"), HasSubstr("step 2: /alert/severity")));
    std::ostringstream shown;
    print_results({result}, false, shown);
    EXPECT_THAT(shown.str(), HasSubstr("ok     case\n       warning: step 2: /alert/lables is no field"));
    EXPECT_EQ(results_json({result})["cases"][0]["warnings"].size(), 2U);
    EXPECT_THAT(junit_xml({result}, "x.yaml"), HasSubstr("<system-out>step 2: /alert/lables"));
}

TEST(RuleCases, JUnitIsWellFormedWhateverTheNamesAre)
{
    CaseResult good;
    good.name = "a <\"&'> \x01\n";
    CaseResult bad;
    bad.name = "b";
    bad.mismatches = {{"step 1", "/told", json::array(), {"<opened>"}}};
    CaseResult broken;
    broken.name = "c";
    broken.error = "step 1: no";
    const auto xml = junit_xml({good, bad, broken}, "x&y.yaml");
    EXPECT_THAT(xml, HasSubstr(R"(<testsuite name="x&amp;y.yaml" tests="3" failures="1" errors="1">)"));
    EXPECT_THAT(xml, HasSubstr(R"(name="a &lt;&quot;&amp;'&gt; ?&#10;"/>)"));
    EXPECT_THAT(xml, HasSubstr("&lt;opened&gt;"));
    EXPECT_THAT(xml, HasSubstr(R"(<error message="step 1: no">)"));
}

TEST(RuleDocuments, EveryBrokenRuleIsNamed)
{
    const auto rules = forms::read_rule_documents(
        R"([{"name": "a", "condition": "title ==", "syntax": "cel", "actions": [{"type": "drop"}]}, 7])");
    ASSERT_FALSE(rules);
    EXPECT_THAT(pointers(rules.error()), testing::Contains("/0/condition"));
    EXPECT_THAT(pointers(rules.error()), testing::Contains("/1"));
    EXPECT_FALSE(forms::read_rule_documents("{}"));
    EXPECT_FALSE(forms::read_rule_documents("["));
}

}  // namespace
}  // namespace winnow::cli
