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

TEST(CheckedCel, RemarksOnWhatFailsForEveryAlertBecauseOfItsConstants)
{
    const auto remarked = [](const std::string& text) {
        return remarks(text, RuleSyntax::cel);
    };
    EXPECT_EQ(remarked(R"(source == "x" && now.getHours("Asia/Tokio") > 5)"),
              R"(this fails for every alert: there is no time zone Asia/Tokio; did you mean "Asia/Tokyo"?)");
    EXPECT_THAT(remarked(R"(starts_at.getDayOfWeek("Europe/Berlim") == 0)"), HasSubstr(R"("Europe/Berlin"?)"));
    EXPECT_THAT(remarked(R"(now.getHours("+25:00") > 5)"), HasSubstr("there is no time zone +25:00; a time zone is"));
    for (const auto* failing :
         {"1/0 == 1", "title == \"x\" || 1/0 == 1", "[1,2][5] == 1", R"({"a":1}.b == 1)",
          R"(title.substring(-1) == "")", R"(title.charAt(-1) == "")", R"(source.substring(5, 2) == "")",
          R"(links.exists(l, l.text.charAt(-1) == "a"))", R"(int("x") == size(title))"}) {
        EXPECT_THAT(remarked(failing), StartsWith("this fails for every alert: ")) << failing;
    }
    for (const auto* sound :
         {R"(now.getHours("Asia/Tokyo") > 5)", R"(now.getHours("+09:00") > 5)", R"(title.substring(1000) == "")",
          R"(title.charAt(3) == "a")", "int(source) > 5", R"(details.text.substring(100000) == "x")",
          R"(ip(source).family() == 4)", "[1,2][1] == size(title)", R"(labels.env == "prod" && severity >= ERROR)",
          R"(title.split(" ")[7] == "x")"}) {
        EXPECT_EQ(remarked(sound), "") << sound;
    }
}

TEST(CheckedCel, LooksForFailuresOnlyAsLongAsThatIsCheap)
{
    // Each is tried on a long text: a thousand rules like these would otherwise keep a thread for minutes.
    const auto remarked = [](int costly) {
        std::string text;
        for (int i = 0; i < costly; ++i) text += R"(title.indexOf("b",60000)==0||)";
        return remarks(text + "1/0==1", RuleSyntax::cel);
    };
    EXPECT_EQ(remarked(3), "this fails for every alert: division by zero");
    EXPECT_EQ(remarked(60), "");
}

TEST(CheckedCel, RemarksOnComparisonsThatComeOutTheSameForEveryAlert)
{
    const auto remarked = [](const std::string& text) {
        return remarks(text, RuleSyntax::cel);
    };
    EXPECT_EQ(remarked(R"(source.lowerAscii() == "DB")"),
              R"(source.lowerAscii() == "DB" is false for every alert; lowerAscii() leaves no capital letter)");
    EXPECT_EQ(remarked("now.getHours() == 24"), "now.getHours() == 24 is false for every alert; getHours() is 0 to 23");
    EXPECT_THAT(remarked("now.getDayOfWeek() == 7"), HasSubstr("getDayOfWeek() is 0 to 6, 0 is Sunday"));
    EXPECT_THAT(remarked(R"("DB" != source.upperAscii().trim().lowerAscii())"), HasSubstr("is true for every alert"));
    EXPECT_THAT(remarked("now.getDayOfWeek() in [6, 7]"), StartsWith("7 is in vain here"));
    for (const auto* certain :
         {R"(title.lowerAscii().contains("DB"))", R"(title.upperAscii().startsWith("db"))", "now.getMonth() == 12",
          "title.size() < 1", "title.size() > 1024", "1024 < size(title)", "labels.env.size() < 0",
          R"(now.getHours("Asia/Tokyo") >= 24)", "!(received_at.getMinutes() == 60)", "now.getDate() == 0"}) {
        EXPECT_THAT(remarked(certain), HasSubstr(" is false for every alert; ")) << certain;
    }
    for (const auto* sound :
         {R"(source.lowerAscii() == "db")", R"(source.lowerAscii().contains("日本 42"))", "now.getHours() == 23",
          "now.getDayOfWeek() in [0, 6]", "(now - received_at).getHours() > 24", "title.size() >= 1024",
          "title.size() < 2", "source.size() < 1", "now.getDate() == 31", "now.getHours() >= 0", R"(source == "DB")",
          R"(source.lowerAscii().replace("d", "D") == "DB")"}) {
        EXPECT_EQ(remarked(sound), "") << sound;
    }
}

TEST(CheckedMatchers, RemarkOnShortFieldsLikelyMistyped)
{
    for (const auto& [slip, field] : {std::pair{"clas", "class"},
                                      {"calss", "class"},
                                      {"grop", "group"},
                                      {"gruop", "group"},
                                      {"grouup", "group"},
                                      {"txt", "text"},
                                      {"tetx", "text"}}) {
        EXPECT_THAT(remarks(std::string(slip) + R"(="a")", RuleSyntax::matchers),
                    HasSubstr(std::string("did you mean ") + field + "?"))
            << slip;
    }
    for (const auto* label : {"test", "next", "groups", "glass", "ext", "team", "host", "classes", "group", "class"}) {
        EXPECT_EQ(remarks(std::string(label) + R"(="a")", RuleSyntax::matchers), "") << label;
    }
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
