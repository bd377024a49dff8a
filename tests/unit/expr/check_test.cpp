/// What somebody writes now is held to more than what is stored already.

#include "winnow/expr/check.hpp"

#include <gmock/gmock.h>

namespace winnow::expr {
namespace {

using domain::RuleSyntax;
using testing::HasSubstr;
using testing::StartsWith;

std::string refused(const std::string& text, RuleSyntax syntax, WrittenIn where = WrittenIn::rule)
{
    const auto checked = check_condition(text, syntax, where);
    return checked ? "accepted" : checked.error().message();
}

std::string remarks(const std::string& text, RuleSyntax syntax)
{
    const auto checked = check_condition(text, syntax);
    if (!checked) return "refused: " + checked.error().message();
    std::string all;
    for (const auto& remark : checked->remarks) all += (all.empty() ? "" : "\n") + remark.message;
    return all;
}

bool holds(const std::string& text, RuleSyntax syntax, const domain::Alert& alert)
{
    const auto checked = check_condition(text, syntax);
    Budget budget;
    return checked && checked->condition.evaluate(names_of(alert, {}), budget).is_true();
}

TEST(CheckedKeywords, RefuseAFieldThatThereIsNotWithTheNearest)
{
    const auto refusal = [](const char* text) {
        return refused(text, RuleSyntax::keywords);
    };
    EXPECT_THAT(refusal("titel:disk"),
                StartsWith("1:1: there is no field titel; did you mean title?; a word with a colon"));
    EXPECT_THAT(refusal("disk and sevrity:critical"),
                StartsWith("1:10: there is no field sevrity; did you mean severity?"));
    EXPECT_THAT(refusal("environment:prod"), HasSubstr("a label is labels.environment"));
    EXPECT_THAT(refusal("labls.env:prod"), HasSubstr("did you mean labels.env?"));
    EXPECT_THAT(refusal("details.n:5"), HasSubstr("keywords do not see details"));
    EXPECT_THAT(refusal("severity:crit"), HasSubstr("critical, error, warning or info"));
    EXPECT_THAT(refusal("severity:warnig"), HasSubstr("did you mean warning?"));
    EXPECT_THAT(refusal("status:FIRING"), HasSubstr("did you mean firing?"));
    for (const auto* good :
         {"title:disk", "labels.env:prod", R"("titel:disk")", "10:30", "db-7:5432", "web.example:443",
          "https://wiki.example/x", "status:fir", "severity:critical or severity:ERROR", "::1", "true", "a>b"}) {
        EXPECT_EQ(refusal(good), "accepted") << good;
    }
    EXPECT_TRUE(compile_condition("titel:disk", RuleSyntax::keywords)) << "what is stored goes on";
}

TEST(CheckedKeywords, KnowSeverities)
{
    domain::Alert alert;
    alert.severity = domain::Severity::error;
    EXPECT_TRUE(holds("severity:error", RuleSyntax::keywords, alert));
    EXPECT_TRUE(holds("severity:critical or severity:ERROR", RuleSyntax::keywords, alert));
    EXPECT_FALSE(holds("severity:critical", RuleSyntax::keywords, alert));
    EXPECT_TRUE(holds("not severity:critical", RuleSyntax::keywords, alert));
}

TEST(CheckedMatchers, RefuseNamesAsCelWritesThem)
{
    EXPECT_EQ(
        refused(R"({labels.env="prod"})", RuleSyntax::matchers),
        "1:11: labels.env: a matcher names a label as it is: write env (a label that is called labels.env stands in "
        "quotes)");
    EXPECT_THAT(refused(R"(env="prod", details.n="5")", RuleSyntax::matchers),
                StartsWith("12:21: details.n: matchers do not see"));
    EXPECT_EQ(refused(R"("labels.env"="prod")", RuleSyntax::matchers), "accepted");
    EXPECT_TRUE(compile_condition(R"(labels.env="prod")", RuleSyntax::matchers)) << "what is stored goes on";
}

TEST(CheckedMatchers, RemarkOnWhatOnlyALabelCouldBe)
{
    const auto remarked = [](const char* text) {
        return remarks(text, RuleSyntax::matchers);
    };
    EXPECT_EQ(
        remarked(R"(severity="CRITICAL")"),
        R"(severity="CRITICAL" is false for every alert without a label severity: an alert's own severity is critical, )"
        "error, warning or info; did you mean critical?");
    EXPECT_THAT(remarked(R"(severity=~"crit|err")"), HasSubstr("is false for every alert"));
    EXPECT_THAT(remarked(R"(severity!="Critical")"), HasSubstr("is true for every alert"));
    EXPECT_THAT(remarked(R"(status="fireing")"), HasSubstr("did you mean firing?"));
    EXPECT_THAT(remarked(R"(severty="critical")"),
                HasSubstr("there is no field severty, so this is a label called severty; did you mean severity?"));
    EXPECT_THAT(remarked(R"(sorce=~"db-.*", env="prod")"), HasSubstr("did you mean source?"));
    EXPECT_THAT(remarked(R"(details="x")"), HasSubstr("CEL sees it"));
    EXPECT_THAT(remarked(R"(lables.env="x")"), HasSubstr("did you mean the label env?"));
    for (const auto* good : {R"(severity="critical")", R"(severity=~"critical|err.*")", R"(severity!="info")",
                             R"(env="prod",team="x")", R"("severity"="CRITICAL","severty"="critical")",
                             R"(status="firing", instance="a", job=~".+", test="x", host="y", cluster="z")"}) {
        EXPECT_EQ(remarked(good), "") << good;
    }
}

TEST(CheckedCel, RefusesAStatusThatNoAlertHas)
{
    EXPECT_THAT(
        refused(R"(status == "FIRING")", RuleSyntax::cel),
        StartsWith(
            R"(1:11: no alert's status is "FIRING", but firing, acknowledged or resolved; did you mean firing?)"));
    EXPECT_THAT(refused(R"(title == "x" && !(status in ["firing", "open"]))", RuleSyntax::cel), HasSubstr(R"("open")"));
    EXPECT_EQ(refused(R"(status == "firing" || "resolved" != status)", RuleSyntax::cel), "accepted");
}

TEST(CheckedCel, RemarksOnConstantsThatFailForEveryAlert)
{
    EXPECT_THAT(remarks(R"(cidr("10.0.0.0/08").containsIP(source))", RuleSyntax::cel),
                HasSubstr("this fails for every alert: "));
    EXPECT_EQ(
        remarks(R"(cidr("10.0.0.0/8").containsIP(source) && now > timestamp("2026-01-01T00:00:00Z"))", RuleSyntax::cel),
        "");
}

TEST(CheckedCel, AStatusWithoutQuotesIsNoSeverity)
{
    EXPECT_THAT(refused("status == FIRING", RuleSyntax::cel), HasSubstr(R"(a status is a text: write "firing")"));
}

TEST(CheckedConditions, SayWhichSyntaxTheySeemToBeIn)
{
    constexpr auto kCel = "this looks like CEL: add syntax: cel";
    EXPECT_THAT(refused(R"(severity >= ERROR && labels.env == "prod")", RuleSyntax::matchers), HasSubstr(kCel));
    EXPECT_THAT(refused(R"(title.contains("disk"))", RuleSyntax::matchers), HasSubstr(kCel));
    EXPECT_THAT(refused(R"(titel.contains("disk"))", RuleSyntax::keywords), HasSubstr(kCel));
    EXPECT_THAT(refused("severity>=ERROR", RuleSyntax::keywords), HasSubstr(kCel));
    EXPECT_THAT(refused(R"(env="prod")", RuleSyntax::cel), HasSubstr("this looks like matchers: add syntax: matchers"));
    EXPECT_THAT(refused(R"({env="prod",team="x"})", RuleSyntax::keywords), HasSubstr("looks like matchers"));
    EXPECT_THAT(refused("disk and not test", RuleSyntax::matchers),
                HasSubstr("this looks like keywords: add syntax: keywords"));
    EXPECT_THAT(refused("severity:critical", RuleSyntax::cel),
                HasSubstr("this looks like keywords: add syntax: keywords"));
    EXPECT_THAT(refused(R"(labels.env = "x")", RuleSyntax::cel), testing::Not(HasSubstr("looks like")))
        << "matchers refuse it, too";
    EXPECT_THAT(refused("severity >= ERROR", RuleSyntax::matchers, WrittenIn::scope),
                HasSubstr("this looks like CEL: give it as condition"));
    EXPECT_THAT(refused("{env=\"prod\"", RuleSyntax::matchers), testing::Not(HasSubstr("looks like")));
    EXPECT_THAT(remarks("env=prod", RuleSyntax::keywords), HasSubstr("this looks like matchers"));
}

TEST(CheckedExpressions, MayBeOfAnyTypeButCompareWhatCanBeEqual)
{
    EXPECT_TRUE(check_expression("title + source"));
    EXPECT_THAT(check_expression(R"(severity == "critical")").error().message(), HasSubstr("without quotes"));
    EXPECT_THAT(check_expression(R"(title == 5)").error().message(), HasSubstr("never equal"));
    EXPECT_THAT(check_expression(R"([status == "open"])").error().message(), HasSubstr("no alert's status"));
}

}  // namespace
}  // namespace winnow::expr
