#include "winnow/expr/matchers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace winnow::expr {

namespace {

using testing::ElementsAreArray;

std::vector<std::string> texts_of(const std::vector<Matcher>& matchers)
{
    std::vector<std::string> texts;
    for (const auto& matcher : matchers) texts.push_back(matcher.str());
    return texts;
}

domain::Alert sample()
{
    domain::Alert alert;
    alert.title = "disk full";
    alert.description = "less than 1%";
    alert.severity = domain::Severity::critical;
    alert.status = domain::AlertStatus::resolved;
    alert.source = "db-7";
    alert.service = "billing";
    alert.component = "disk";
    alert.group = "db";
    alert.class_name = "disk_full";
    alert.dedup_key = "db-7/disk";
    alert.integration = "prometheus";
    alert.labels.set("env", "prod");
    alert.labels.set("service", "labelled");
    alert.labels.set("größe", "groß");
    return alert;
}

}  // namespace

struct Good {
    std::string input;
    std::vector<std::string> matchers;

    friend void PrintTo(const Good& good, std::ostream* out) { *out << good.input; }
};

class MatcherGrammar : public testing::TestWithParam<Good> {};

TEST_P(MatcherGrammar, Accepts)
{
    const auto matchers = parse_matchers(GetParam().input);
    ASSERT_TRUE(matchers.has_value()) << matchers.error().message();
    EXPECT_THAT(texts_of(*matchers), ElementsAreArray(GetParam().matchers));
}

TEST_P(MatcherGrammar, ItsCanonicalTextMeansTheSame)
{
    std::string joined;
    for (const auto& text : GetParam().matchers) joined += text + ",";
    const auto again = parse_matchers("{" + joined + "}");
    ASSERT_TRUE(again.has_value()) << again.error().message();
    EXPECT_THAT(texts_of(*again), ElementsAreArray(GetParam().matchers));
}

INSTANTIATE_TEST_SUITE_P(
    Forms, MatcherGrammar,
    testing::Values(Good{"", {}}, Good{"  ", {}}, Good{"{}", {}}, Good{" { } ", {}}, Good{"a=b", {R"(a="b")"}},
                    Good{"a=b,", {R"(a="b")"}}, Good{"{a=b}", {R"(a="b")"}}, Good{"{a=b,}", {R"(a="b")"}},
                    Good{" { a = b , } ", {R"(a="b")"}}, Good{"a!=b", {R"(a!="b")"}},
                    Good{"a=~[x-z]+", {R"(a=~"[x-z]+")"}}, Good{"a!~x.*", {R"(a!~"x.*")"}},
                    Good{"{a=b,c!=d,e=~f}", {R"(a="b")", R"(c!="d")", R"(e=~"f")"}}, Good{R"("a"="b")", {R"(a="b")"}},
                    Good{R"({"a b"="c d"})", {R"("a b"="c d")"}}, Good{R"(a="")", {R"(a="")"}},
                    Good{R"(""="x")", {R"(""="x")"}}, Good{R"(a="\"b\"\\")", {R"(a="\"b\"\\")"}},
                    Good{R"(a="x\ty\nz")", {R"(a="x\ty\nz")"}}, Good{R"(a="\xf0\x9f\x99\x82")", {R"(a="🙂")"}},
                    Good{R"(a="\U0001f642")", {R"(a="🙂")"}}, Good{R"(a="\u00e9")", {R"(a="é")"}},
                    Good{R"(a="\101\x42")", {R"(a="AB")"}}, Good{"größe=🙂x", {R"(größe="🙂x")"}},
                    Good{"a.b/c:d=1.5%", {R"(a.b/c:d="1.5%")"}}, Good{"a=b\u202f,\u3000c=d", {R"(a="b")", R"(c="d")"}},
                    Good{"$=(", {R"($="(")"}}));

struct Bad {
    std::string input;
    std::string message;

    friend void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.input; }
};

class MatcherErrors : public testing::TestWithParam<Bad> {};

TEST_P(MatcherErrors, AreWordedAsAlertmanagerWordsThem)
{
    const auto matchers = parse_matchers(GetParam().input);
    ASSERT_FALSE(matchers.has_value());
    EXPECT_EQ(matchers.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(matchers.error().message(), GetParam().message);
}

constexpr const char* kNoOperator = "expected an operator such as '=', '!=', '=~' or '!~'";

INSTANTIATE_TEST_SUITE_P(
    Texts, MatcherErrors,
    testing::Values(
        Bad{",", "0:1: unexpected ,: expected label name"}, Bad{"{,}", "1:2: unexpected ,: expected label name"},
        Bad{"{", "0:1: end of input: expected close brace"}, Bad{"}", "0:1: }: expected opening brace"},
        Bad{"{ ", "0:1: end of input: expected close brace"}, Bad{"a=b}", "0:4: }: expected opening brace"},
        Bad{"a=b,}", "0:5: }: expected opening brace"}, Bad{"{a=b", "0:4: end of input: expected close brace"},
        Bad{"{a=b,", "0:5: end of input: expected close brace"}, Bad{"{}}", "2:3: }: expected end of input"},
        Bad{"{a=b} c", "6:7: c: expected end of input"}, Bad{"a", std::string("end of input: ") + kNoOperator},
        Bad{"a b", std::string("2:3: unexpected b: ") + kNoOperator},
        Bad{"=b", "0:1: unexpected =: expected label name"}, Bad{"a=", "end of input: expected label value"},
        Bad{"a=,", "2:3: unexpected ,: expected label value"}, Bad{"a==b", "2:3: unexpected =: expected label value"},
        Bad{"a=b c", "4:5: unexpected c: expected a comma or close brace"},
        Bad{"a=b,,", "4:5: unexpected ,: expected a matcher or close brace after comma"},
        Bad{"!", "0:1: unexpected end of input, expected one of '=~'"},
        Bad{"a!b", std::string("1:2: !: expected one of '=~': ") + kNoOperator}, Bad{"~", "0:1: ~: invalid input"},
        Bad{"a=~", "end of input: expected label value"},
        Bad{"{a=:\"b\"}", "4:7: unexpected \"b\": expected a comma or close brace"},
        Bad{R"({a=b\n})", R"(4:5: \: invalid input: expected a comma or close brace)"},
        Bad{R"({a="b\w"})", R"(3:8: "b\w": invalid input)"}, Bad{"a=\"b\nc\"", "2:7: \"b\nc\": invalid input"},
        Bad{R"({"a"="\xf0\x9f"})", R"(5:15: "\xf0\x9f": invalid input)"},
        Bad{R"(a="\ud800")", R"(2:10: "\ud800": invalid input)"}, Bad{R"(a="\400")", R"(2:8: "\400": invalid input)"},
        Bad{R"(a="\'")", R"(2:6: "\'": invalid input)"}, Bad{R"(a="\x4")", R"(2:7: "\x4": invalid input)"},
        Bad{"a=\"b", "2:4: \"b: missing end \": expected label value"},
        Bad{"größe=ü x", "8:9: unexpected x: expected a comma or close brace"},
        Bad{"a='b'", "2:3: ': invalid input: expected label value"}));

TEST(Matchers, RefuseTextThatIsNoUtf8)
{
    EXPECT_FALSE(parse_matchers("a=\xff").has_value());
    EXPECT_FALSE(parse_matchers("\"\xc3").has_value());
}

TEST(Matchers, RefuseBadAndOversizedPatterns)
{
    for (const auto* pattern : {"a=~(", "a=~*", "a!~\"[\"", "a=~\"x)(y\"", "a=~\"(?<n>x\"", "a=~\"x{2000}\""}) {
        const auto matchers = parse_matchers(pattern);
        ASSERT_FALSE(matchers.has_value()) << pattern;
        EXPECT_THAT(matchers.error().message(), testing::StartsWith("failed to create matcher: ")) << pattern;
    }
    EXPECT_TRUE(parse_matchers("a=~" + std::string(1'024, 'x')).has_value());
    EXPECT_FALSE(parse_matchers("a=~" + std::string(1'025, 'x')).has_value());
    // Short to write, huge to compile: the memory bound, not the length, refuses it.
    EXPECT_FALSE(parse_matchers("a=~\"((\\\\pL{1,30}){1,30}){1,9}\"").has_value());
}

struct Meaning {
    std::string matcher;
    bool matches = false;

    friend void PrintTo(const Meaning& meaning, std::ostream* out) { *out << meaning.matcher; }
};

class MatcherMeaning : public testing::TestWithParam<Meaning> {};

TEST_P(MatcherMeaning, HoldsForTheSampleAlert)
{
    const auto matchers = parse_matchers(GetParam().matcher);
    ASSERT_TRUE(matchers.has_value()) << matchers.error().message();
    EXPECT_EQ(matches_all(*matchers, sample()), GetParam().matches);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, MatcherMeaning,
    testing::Values(Meaning{"", true}, Meaning{"env=prod", true}, Meaning{"env=dev", false}, Meaning{"env!=dev", true},
                    Meaning{"env!=prod", false}, Meaning{"env=~pr.*", true}, Meaning{"env=~pr", false},
                    Meaning{"env=~rod", false}, Meaning{"env!~rod", true}, Meaning{"env=~\"dev|prod\"", true},
                    Meaning{"env=~\"pro|d\"", false}, Meaning{"env=~PROD", false}, Meaning{"env=~(?i)PROD", true},
                    // An absent label is the empty string.
                    Meaning{"team=\"\"", true}, Meaning{"team!=x", true}, Meaning{"team!=\"\"", false},
                    Meaning{"team=~.*", true}, Meaning{"team=~.+", false}, Meaning{"team!~.+", true},
                    // The alert's own fields, where no label has the name.
                    Meaning{"title=\"disk full\"", true}, Meaning{"description=~\".*1%\"", true},
                    Meaning{"severity=critical", true}, Meaning{"status=resolved", true}, Meaning{"source=db-7", true},
                    Meaning{"component=disk", true}, Meaning{"group=db", true}, Meaning{"class=disk_full", true},
                    Meaning{"dedup_key=db-7/disk", true}, Meaning{"integration=prometheus", true},
                    Meaning{"text=\"disk full\\nless than 1%\\ndb-7\"", true}, Meaning{"text=~\"disk.*\"", true},
                    Meaning{"text=~\"(?-s)disk.*\"", false},
                    // A label wins over a field of its name.
                    Meaning{"service=labelled", true}, Meaning{"service=billing", false}, Meaning{"größe=groß", true},
                    // All must hold.
                    Meaning{"env=prod,severity=critical", true}, Meaning{"env=prod,severity=info", false}));

TEST(Matcher, SaysWhatTheAlertHasUnderItsName)
{
    const auto value = [](std::string name) {
        return Matcher::make(std::move(name), Matcher::Op::equal, "")->value_in(sample());
    };
    EXPECT_EQ(value("env"), "prod");
    EXPECT_EQ(value("service"), "labelled");
    EXPECT_EQ(value("severity"), "critical");
    EXPECT_EQ(value("received_at"), "");
}

TEST(Matcher, KeepsItsParts)
{
    const auto matcher = Matcher::make("a b", Matcher::Op::not_regex, "x|y");
    ASSERT_TRUE(matcher.has_value());
    EXPECT_EQ(matcher->name(), "a b");
    EXPECT_EQ(matcher->op(), Matcher::Op::not_regex);
    EXPECT_EQ(matcher->value(), "x|y");
    EXPECT_EQ(matcher->str(), R"("a b"!~"x|y")");
}

}  // namespace winnow::expr
