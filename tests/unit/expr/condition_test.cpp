#include "winnow/expr/condition.hpp"

#include "winnow/expr/matchers.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace winnow::expr {
namespace {

using domain::RuleSyntax;

const Timestamp kNow = *parse_rfc3339("2026-11-23T06:00:00Z");

domain::Alert sample()
{
    domain::Alert alert;
    alert.title = "disk 93% full on db-7";
    alert.source = "db-7";
    alert.service = "billing";
    alert.severity = domain::Severity::critical;
    alert.labels.set("env", "prod");
    alert.labels.set("k8s.io/name", "pod-1");
    alert.details = R"({"free": 7, "volumes": ["/", "/var"], "host": {"ip": "10.1.2.3"}})";
    alert.received_at = kNow;
    return alert;
}

std::string given(const std::string& text, RuleSyntax syntax = RuleSyntax::cel, const domain::Alert& alert = sample())
{
    const auto condition = compile_condition(text, syntax);
    if (!condition) return condition.error().message();
    Budget budget;
    return to_text(condition->evaluate(names_of(alert, kNow), budget));
}

std::string refused(const std::string& text, RuleSyntax syntax = RuleSyntax::cel)
{
    const auto condition = compile_condition(text, syntax);
    return condition ? "accepted" : condition.error().message();
}

TEST(Condition, SeesEveryFieldOfAnAlert)
{
    for (const std::string text : {
             R"(title.contains("93%") && source == "db-7" && service == "billing")",
             "severity == CRITICAL && severity > ERROR && ERROR > WARNING && WARNING > INFO",
             R"(labels.env == "prod" && labels["k8s.io/name"] == "pod-1" && labels.`k8s.io/name` == "pod-1")",
             R"(details.free < 10 && details.volumes[1] == "/var" && "/" in details.volumes)",
             R"(cidr("10.0.0.0/8").containsIP(details.host.ip))",
             R"(status == "firing" && component == "" && class == "" && description == "")",
             R"(text == title + "\n" + description + "\n" + source)",
             R"(now.getHours("Asia/Tokyo") == 15 && received_at == now && starts_at == null)",
             "links.size() == 0",
             R"(labels.exists(k, k.startsWith("k8s.io/")))",
         }) {
        EXPECT_EQ(given(text), "true") << text;
    }
}

TEST(Condition, AnAbsentLabelIsAnErrorThatOtherOperandsMayAbsorb)
{
    EXPECT_EQ(given(R"(labels.team == "dba")"), "error: no such key: team");
    EXPECT_EQ(given(R"(labels.team != "dba")"), "error: no such key: team");
    EXPECT_EQ(given(R"(!(labels.team == "dba"))"), "error: no such key: team");
    EXPECT_EQ(given(R"(labels.team == "dba" || severity == CRITICAL)"), "true");
    EXPECT_EQ(given(R"(labels.team == "dba" && severity == INFO)"), "false");
    EXPECT_EQ(given(R"(label("team") != "dba")"), "true");
    EXPECT_EQ(given(R"(has(labels.team) || labels.?env.orValue("") == "prod")"), "true");
}

TEST(Condition, WhatStandsInForAnAbsentValueIsOnlyLookedAtWhereItIsAbsent)
{
    EXPECT_EQ(given("labels.?env.orValue(details.absent) == \"prod\""), "true");
    EXPECT_EQ(given("labels.?zone.orValue(details.absent) == \"prod\""), "error: no such key: absent");
    EXPECT_EQ(given("labels.?zone.or(details.?free).orValue(details.absent) == 7"), "true");
    EXPECT_EQ(given("labels.?env.or(optional.of(details.absent)).hasValue()"), "true");
    EXPECT_EQ(given("details.?absent[details.absent].hasValue()"), "false") << "nor is the key of nothing";
    EXPECT_EQ(given("optional.none().optMap(x, details.absent).hasValue()"), "false");
    EXPECT_EQ(given("optional.none().optFlatMap(x, details.absent).hasValue()"), "false");
}

TEST(Condition, WhatIsNoContainerHoldsNothing)
{
    for (const std::string absent :
         {"details.free.?unit", "title.?x", "starts_at.?x", "details.free[?0]", "title[?\"x\"]", "starts_at[?0]",
          "details.?free.?unit", "severity.?x", "now[?\"x\"]"}) {
        EXPECT_EQ(given(absent + ".hasValue()"), "false") << absent;
        EXPECT_EQ(given("!" + absent + ".hasValue()"), "true") << absent;
    }
    for (const std::string error : {"details.free.unit == 1", "has(details.free.unit)", "details.?free.unit.hasValue()",
                                    "details.absent.?x.hasValue()", "details.volumes.?x.hasValue()",
                                    "details.volumes[?\"x\"].hasValue()", "details[?null].hasValue()"}) {
        EXPECT_EQ(given(error).substr(0, 6), "error:") << error;
    }
}

TEST(Condition, AddressesNumbersAndOffsetsHaveOneWayToBeWritten)
{
    for (const std::string wrong : {"10.0.0.0/08", "10.0.0.0/-0", "10.0.0.0/+8", "10.0.0.0/00", "10.0.0.0/",
                                    "10.0.0.0/33", "::ffff:10.0.0.0/104"}) {
        EXPECT_EQ(given("isCIDR(\"" + wrong + "\")"), "false") << wrong;
    }
    EXPECT_EQ(given("isCIDR(\"10.0.0.0/0\") && isIP(\"64:ff9b::10.1.2.3\") && !isIP(\"::ffff:10.1.2.3\")"), "true");
    EXPECT_EQ(given(R"(int("+5") == 5 && int("-5") == -5 && double("+1.5") == 1.5)"), "true");
    EXPECT_EQ(given(R"(int("+-5") == -5)"), "error: not an int: \"+-5\"");
    EXPECT_EQ(given(R"(uint("+5") == 5u)"), "error: not a uint: \"+5\"");
    EXPECT_EQ(given(R"(now.getHours("+14:59") == 20 && now.getHours("-14:00") == 16)"), "true");
    for (const std::string wrong : {"+25:00", "+15:00", "-99:00", "+09:60", "+9:00", "localtime"}) {
        EXPECT_EQ(given("now.getHours(\"" + wrong + "\") == 0"), "error: there is no time zone " + wrong);
    }
}

TEST(Condition, DurationsAreExactToTheNanosecond)
{
    EXPECT_EQ(given(R"(duration("1.9ns") == duration("1ns") && int(duration("90.5s")) == 90)"), "true");
    EXPECT_EQ(given(R"(string(duration("-2562047h47m16.854775808s")) == "-9223372036.854775808s")"), "true");
    EXPECT_EQ(given(R"(duration("2562047h47m16.854775808s") > duration("0s"))").substr(0, 6), "error:");
    EXPECT_EQ(given(R"(timestamp("2026-11-23T06:00:00.1234567891Z") - now == duration("123456789ns"))"), "true");
}

TEST(Condition, ADotMatchesALineFeedInEverySyntax)
{
    auto alert = sample();
    alert.title = "line one\npump failed\nline three";
    for (const std::string text : {R"(text.matches("^.*pump failed.*db-7$"))", R"(title.matches("one.pump"))",
                                   R"(matches(title, "^.*failed.*$"))", R"(title.matches("^(?-s:.*)\n"))"}) {
        EXPECT_EQ(given(text, RuleSyntax::cel, alert), "true") << text;
    }
    for (const std::string text :
         {R"(text=~".*pump failed.*")", R"(title=~".*pump failed.*",severity=~"crit.*")", R"(title!~"pump.*")"}) {
        EXPECT_EQ(given(text, RuleSyntax::matchers, alert), "true") << text;
        EXPECT_TRUE(matches_all(*parse_matchers(text), alert)) << text;
    }
    EXPECT_EQ(given(R"(title=~"(?-s).*pump failed.*")", RuleSyntax::matchers, alert), "false");
    EXPECT_EQ(given(R"("one" and "pump failed")", RuleSyntax::keywords, alert), "true");
}

TEST(Condition, ErrorsShowWhereAndWhatToDo)
{
    EXPECT_EQ(refused(R"(title = "x")"), "1:7: = is no operator; == compares\n  title = \"x\"\n        ^");
    EXPECT_EQ(refused("titel == \"x\""),
              "1:1: there is nothing named titel; did you mean title?\n  titel == \"x\"\n  ^");
    EXPECT_TRUE(
        refused("title.containz(\"x\")").starts_with("1:7: there is no function containz(); did you mean contains()?"));
    EXPECT_TRUE(refused("title == \"x\" and source == \"y\"").starts_with("1:14: unexpected and; CEL says &&"));
    EXPECT_TRUE(refused("severity == \"critical\"").starts_with("1:10: severity is compared with CRITICAL, ERROR"));
    EXPECT_TRUE(refused("title == 5").contains("a string is compared with a number"));
    EXPECT_TRUE(refused("title").contains("where true or false is needed"));
    EXPECT_TRUE(refused("size(title)").contains("where true or false is needed"));
    EXPECT_TRUE(refused("title.matches(\"(\")").contains("this regular expression is refused"));
    EXPECT_TRUE(refused("title.matches(source)").contains("a text in quotes"));
    EXPECT_TRUE(refused("(title == \"x\"").starts_with("1:14: expected ) that closes the parenthesis, found the end"));
    EXPECT_EQ(refused("\n\n  titel == \"\""),
              "3:3: there is nothing named titel; did you mean title?\n    titel == \"\"\n    ^");
}

TEST(Condition, EmptyOnesAreRefused)
{
    EXPECT_EQ(refused(" "), "the condition is empty: write true to match every alert");
    EXPECT_EQ(refused("", RuleSyntax::matchers), "the condition is empty: write {} to match every alert");
    EXPECT_EQ(refused("\n", RuleSyntax::keywords), "the condition is empty: write a word");
}

TEST(Condition, LimitsHoldAtTheirEdge)
{
    const Limits limits;
    const auto parens = [](std::size_t count) {
        return std::string(count, '(') + "true" + std::string(count, ')');
    };
    EXPECT_EQ(refused(parens(limits.max_depth)), "accepted");
    EXPECT_TRUE(refused(parens(3'000)).contains("nested more than 32 deep"));
    EXPECT_TRUE(refused(std::string(3'000, '[')).contains("nested more than 32 deep"));
    EXPECT_EQ(refused(std::string(3'000, '!') + "true"), "accepted") << "signs are counted, not nested";

    const auto sum = [](std::size_t count) {
        std::string text = "1";
        for (std::size_t i = 0; i < count; ++i) text += "+1";
        return text + " > 0";
    };
    EXPECT_EQ(refused(sum(30)), "accepted");
    EXPECT_TRUE(refused(sum(31)).contains("nested more than 32 deep"));

    const auto any = [](std::size_t count) {
        std::string text = "true";
        for (std::size_t i = 1; i < count; ++i) text += "||true";
        return text;
    };
    EXPECT_EQ(refused(any(256)), "accepted");
    EXPECT_TRUE(refused(any(257)).contains("more than 256 names and literals"));

    EXPECT_EQ(refused("title == \"" + std::string(1'022, 'x') + "\""), "accepted");
    EXPECT_TRUE(refused("title == \"" + std::string(1'023, 'x') + "\"").contains("longer than 1024 bytes"));
    EXPECT_EQ(refused(std::string(8'188, ' ') + "true"), "accepted");
    EXPECT_EQ(refused(std::string(8'189, ' ') + "true"), "a condition has at most 8192 bytes");
    EXPECT_EQ(refused("[1].all(a, [2].all(b, a < b))"), "accepted");
    EXPECT_TRUE(refused("[1].all(a, [2].all(b, [3].all(c, a < c)))").contains("nested more than 2 deep"));
}

TEST(Condition, HostileOnesCostNoMoreThanTheirBudget)
{
    auto alert = sample();
    alert.title = std::string(1'000, 'a') + "!";
    std::string big = "[0";
    for (int i = 1; i < 200; ++i) big += "," + std::to_string(i);
    big += "]";
    alert.details = R"({"list": )" + big + "}";
    EXPECT_EQ(given(R"(title.matches("(a+)+$"))", RuleSyntax::cel, alert), "false");
    EXPECT_EQ(given(R"(title.matches("[a-q][^u-z]{13}x"))", RuleSyntax::cel, alert), "false");

    const auto nested = compile_condition("details.list.all(a, details.list.all(b, a + b >= 0))", RuleSyntax::cel);
    ASSERT_TRUE(nested) << nested.error().message();
    Budget budget;
    EXPECT_EQ(to_text(nested->evaluate(names_of(alert, kNow), budget)),
              "error: the condition costs more than its budget");
    EXPECT_EQ(budget.steps, 0U);

    const auto doubling = compile_condition(
        R"([title].map(a, a + a + a + a).map(b, b + b + b + b).map(c, c.replace("a", c)).size() > 0)", RuleSyntax::cel);
    ASSERT_TRUE(doubling);
    Budget second;
    EXPECT_EQ(to_text(doubling->evaluate(names_of(alert, kNow), second)),
              "error: the condition costs more than its budget");
}

TEST(Condition, ReadsBackWhatItWrites)
{
    for (const std::string text : {
             R"(title == "a" && (source == "b" || service == "c") && !(group == "d"))",
             R"(labels["k8s.io/name"].startsWith("x") ? severity > ERROR : 1 - (2 - 3) == 2)",
             R"(details.volumes.exists(v, v in ["/", "/var"]) || has(labels.env))",
             R"(now - received_at > duration("90s") && "\n\"\\" != title)",
             R"({"a": 1, "b": [2u, 3.0]}.size() == 2 && -details.free < 0)",
         }) {
        const auto first = compile_condition(text, RuleSyntax::cel);
        ASSERT_TRUE(first) << first.error().message();
        const auto written = to_cel(first->root());
        const auto second = compile_condition(written, RuleSyntax::cel);
        ASSERT_TRUE(second) << written << ": " << second.error().message();
        EXPECT_EQ(to_cel(second->root()), written);
        Budget a;
        Budget b;
        EXPECT_EQ(to_text(first->evaluate(names_of(sample(), kNow), a)),
                  to_text(second->evaluate(names_of(sample(), kNow), b)));
    }
}

TEST(Keywords, AreLookedForInTitleDescriptionAndSource)
{
    auto alert = sample();
    alert.title = "ERROR on testnode_001";
    const auto found = [&](const std::string& text) {
        return given(text, RuleSyntax::keywords, alert);
    };
    EXPECT_EQ(found("(WARN or ERROR) and testnode_001"), "true");
    EXPECT_EQ(found("WARN or ERROR and nothing"), "false") << "and binds tighter than or";
    EXPECT_EQ(found("ERROR AND NOT WARN"), "true");
    EXPECT_EQ(found("error"), "false") << "as it is written";
    EXPECT_EQ(found("\"ERROR on\""), "true");
    EXPECT_EQ(found("\"and\" or ERROR"), "true");
    EXPECT_EQ(found("source:db-7 and labels.env:prod"), "true");
    EXPECT_EQ(found("labels.nothing:prod"), "false");
    EXPECT_EQ(found("title:\"on testnode\""), "true");
    const auto compiled = compile_condition("(WARN or ERROR) and testnode_001", RuleSyntax::keywords);
    EXPECT_EQ(to_cel(compiled->root()),
              R"((text.contains("WARN") || text.contains("ERROR")) && text.contains("testnode_001"))");
}

TEST(Keywords, RefuseWhatIsHalfWritten)
{
    EXPECT_EQ(refused("WARN ERROR", RuleSyntax::keywords),
              "1:6: write and or or between two words, or quotes around both\n  WARN ERROR\n       ^");
    EXPECT_TRUE(refused("(WARN", RuleSyntax::keywords).contains("expected ) that closes"));
    EXPECT_TRUE(refused("WARN)", RuleSyntax::keywords).contains("this ) closes nothing"));
    EXPECT_TRUE(refused("WARN and", RuleSyntax::keywords).contains("expected a word"));
    EXPECT_TRUE(refused("\"WARN", RuleSyntax::keywords).contains("not closed"));
    EXPECT_TRUE(refused("\"\"", RuleSyntax::keywords).contains("nothing between"));
    EXPECT_TRUE(refused("source:", RuleSyntax::keywords).contains("follows the colon"));
    EXPECT_TRUE(refused(std::string(100, '('), RuleSyntax::keywords).contains("nested more than 32 deep"));
}

TEST(MatchersAsCel, MeanWhatMatchersMean)
{
    auto with_source = sample();
    with_source.labels.set("source", "label");
    with_source.labels.set("severity", "page");
    for (const auto& alert : {sample(), with_source, domain::Alert{}}) {
        for (const std::string text :
             {R"(env="prod")", R"(env!="prod")", R"(env=~"p.*")", R"(env!~"p.*")", R"(team="")", R"(team!="x")",
              R"(source="db-7")", R"(source=~"lab.*|db.*")", R"(severity="critical")", R"(severity=~"crit.*|page")",
              R"(severity!="critical")", R"({env="prod",source!="db-7"})", R"("k8s.io/name"="pod-1")", "{}"}) {
            const auto matchers = parse_matchers(text);
            ASSERT_TRUE(matchers) << text;
            EXPECT_EQ(given(text, RuleSyntax::matchers, alert), matches_all(*matchers, alert) ? "true" : "false")
                << text;
        }
    }
}

}  // namespace
}  // namespace winnow::expr
