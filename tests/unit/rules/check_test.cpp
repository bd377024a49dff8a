#include "unit/rules/rule_maker.hpp"

#include <gmock/gmock.h>

#include <ostream>

namespace winnow::rules {

namespace {

using domain::DedupKeyAction;
using domain::DropAction;
using domain::ExtractAction;
using domain::FlapAction;
using domain::GroupKeyAction;
using domain::NoteAction;
using domain::PauseAction;
using domain::PriorityAction;
using domain::RouteAction;
using domain::Rule;
using domain::SetAction;
using domain::SeverityAction;
using domain::SuppressAction;
using domain::TagAction;
using domain::ThresholdAction;

using Pointers = std::vector<std::string>;

Pointers pointers_of(const Rule& rule)
{
    const auto checked = check(rule);
    Pointers pointers;
    if (checked) return pointers;
    EXPECT_EQ(checked.error().code(), ErrorCode::invalid_argument);
    for (const auto& field : checked.error().fields()) {
        EXPECT_EQ(field.code, "invalid_field");
        EXPECT_NE(field.detail, "");
        pointers.push_back(field.pointer);
    }
    return pointers;
}

Rule good()
{
    return make_rule(1, R"(env="prod")", {DropAction{}});
}

Rule with_action(domain::Action action)
{
    return make_rule(1, "{}", {SuppressAction{}, std::move(action)});
}

std::string detail_of(const Rule& rule)
{
    const auto checked = check(rule);
    return checked ? "" : checked.error().message();
}

struct Case {
    std::string name;
    domain::Action action;
    std::string pointer;  // "": the action is good

    friend void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }
};

class CheckAction : public testing::TestWithParam<Case> {};

}  // namespace

TEST(Check, AGoodRulePasses)
{
    EXPECT_TRUE(check(good()));
}

TEST(Check, ANameHasOneToTwoHundredCharacters)
{
    auto rule = good();
    rule.name = std::string(200, 'n');
    EXPECT_TRUE(check(rule));
    rule.name.clear();
    for (int i = 0; i < 200; ++i) rule.name += "\u00e9";
    EXPECT_TRUE(check(rule)) << "characters, not bytes";
    for (const auto& bad : {std::string(), std::string("  "), std::string(201, 'n'), std::string("a\nb"),
                            std::string("a\x01") + "b", std::string("\xff")}) {
        rule.name = bad;
        EXPECT_EQ(pointers_of(rule), Pointers{"/name"}) << bad;
    }
}

TEST(Check, AConditionHasAtMostEightKibibytes)
{
    auto rule = good();
    const std::string around = R"(env="")";
    rule.condition = R"(env=")" + std::string(8'192 - around.size(), 'x') + "\"";
    EXPECT_TRUE(check(rule));
    rule.condition.insert(5, "x");
    EXPECT_EQ(pointers_of(rule), Pointers{"/condition"});
}

TEST(Check, AConditionThatDoesNotParseSaysWhereInAlertmanagersWords)
{
    auto rule = good();
    rule.condition = R"({env="prod")";
    EXPECT_EQ(pointers_of(rule), Pointers{"/condition"});
    EXPECT_EQ(detail_of(rule), "0:11: end of input: expected close brace");
}

TEST(Check, ARegexThatDoesNotCompileIsRefused)
{
    auto rule = good();
    rule.condition = R"(env=~"(")";
    EXPECT_EQ(pointers_of(rule), Pointers{"/condition"});
}

TEST(Check, MatchingEverythingMustBeSaid)
{
    auto rule = good();
    rule.condition = " \n";
    EXPECT_EQ(pointers_of(rule), Pointers{"/condition"});
    EXPECT_EQ(detail_of(rule), "the condition is empty: write {} to match every alert");
    rule.condition = "{}";
    EXPECT_TRUE(check(rule));
}

TEST(Check, EverySyntaxIsCheckedAndSaysWhere)
{
    auto rule = good();
    rule.syntax = domain::RuleSyntax::cel;
    EXPECT_EQ(pointers_of(rule), Pointers{"/condition"});
    EXPECT_THAT(detail_of(rule), testing::StartsWith("1:4: "));
    rule.condition = R"(labels.env == "prod" && severity >= ERROR)";
    EXPECT_TRUE(check(rule));
    rule.syntax = domain::RuleSyntax::keywords;
    rule.condition = "(WARN or ERROR) and testnode_001";
    EXPECT_TRUE(check(rule));
    rule.condition = "(WARN or ERROR";
    EXPECT_EQ(pointers_of(rule), Pointers{"/condition"});
}

TEST(Check, ARuleHasOneToThirtyTwoActions)
{
    auto rule = good();
    rule.actions.clear();
    EXPECT_EQ(pointers_of(rule), Pointers{"/actions"});
    rule.actions.assign(32, SuppressAction{});
    EXPECT_TRUE(check(rule));
    rule.actions.assign(33, SuppressAction{});
    EXPECT_EQ(pointers_of(rule), Pointers{"/actions"});
}

TEST(Check, TheEffectiveDatesAreInOrder)
{
    auto rule = good();
    rule.effective_from = kNow;
    EXPECT_TRUE(check(rule));
    rule.effective_until = kNow + std::chrono::milliseconds{1};
    EXPECT_TRUE(check(rule));
    rule.effective_until = kNow;
    EXPECT_EQ(pointers_of(rule), Pointers{"/effective_until"});
}

TEST(Check, EveryBrokenPartIsNamedAtOnce)
{
    auto rule = good();
    rule.name.clear();
    rule.condition = "env=";
    rule.actions = {DropAction{}, SetAction{"titel", "{{sevice}}"}, RouteAction{}};
    rule.effective_from = rule.effective_until = kNow;
    EXPECT_EQ(pointers_of(rule), (Pointers{"/name", "/condition", "/actions/1/field", "/actions/2/contact_group_ids",
                                           "/effective_until"}));
}

TEST_P(CheckAction, NamesTheFieldThatIsWrong)
{
    Pointers expected;
    if (!GetParam().pointer.empty()) expected.push_back(GetParam().pointer);
    EXPECT_EQ(pointers_of(with_action(GetParam().action)), expected);
}

INSTANTIATE_TEST_SUITE_P(
    Limits, CheckAction,
    testing::Values(Case{"LongestReason", SuppressAction{std::string(1'024, 'r')}, ""},
                    Case{"ReasonTooLong", SuppressAction{std::string(1'025, 'r')}, "/actions/1/reason"},
                    Case{"NulInReason", SuppressAction{std::string("a\0b", 3)}, "/actions/1/reason"},
                    Case{"Severity", SeverityAction{domain::Severity::info}, ""},
                    Case{"NoSeverity", SeverityAction{static_cast<domain::Severity>(0)}, "/actions/1/severity"},
                    Case{"SetLabel", SetAction{"labels.a.b", "x"}, ""},
                    Case{"SetNoLabel", SetAction{"labels.", "x"}, "/actions/1/field"},
                    Case{"SetUnknown", SetAction{"titel", "x"}, "/actions/1/field"},
                    Case{"SetSeverity", SetAction{"severity", "critical"}, "/actions/1/field"},
                    Case{"SetDedupKey", SetAction{"dedup_key", "x"}, "/actions/1/field"},
                    Case{"SetDetail", SetAction{"details.a", "x"}, "/actions/1/field"},
                    Case{"SetStatus", SetAction{"status", "resolved"}, "/actions/1/field"},
                    Case{"SetControlCharacter", SetAction{"labels.a\x01", "x"}, "/actions/1/field"},
                    Case{"SetOpenBrace", SetAction{"title", "{{source"}, "/actions/1/value"},
                    Case{"SetBadUtf8", SetAction{"title", "\xff"}, "/actions/1/value"},
                    Case{"KeyOfFields", DedupKeyAction{{"source", "labels.env", "details.a.b"}, ""}, ""},
                    Case{"KeyOfUnknown", DedupKeyAction{{"source", "sevice"}, ""}, "/actions/1/fields/1"},
                    Case{"KeyOfStatus", DedupKeyAction{{"status"}, ""}, "/actions/1/fields/0"},
                    Case{"MostKeyFields", DedupKeyAction{std::vector<std::string>(16, "source"), ""}, ""},
                    Case{"TooManyKeyFields", DedupKeyAction{std::vector<std::string>(17, "source"), ""},
                         "/actions/1/fields"},
                    Case{"KeyOfTemplate", DedupKeyAction{{}, "{{source}}"}, ""},
                    Case{"KeyOfBadTemplate", DedupKeyAction{{}, "{{sevice}}"}, "/actions/1/template"},
                    Case{"KeyOfStatusTemplate", DedupKeyAction{{}, "{{source}}{{status}}"}, "/actions/1/template"},
                    Case{"KeyOfNeither", DedupKeyAction{}, "/actions/1"},
                    Case{"KeyOfBoth", DedupKeyAction{{"source"}, "{{source}}"}, "/actions/1"},
                    Case{"Route", RouteAction{{group_id(1)}}, ""},
                    Case{"RouteToNobody", RouteAction{}, "/actions/1/contact_group_ids"},
                    Case{"RouteToNil", RouteAction{{group_id(1), ContactGroupId()}}, "/actions/1/contact_group_ids/1"},
                    Case{"LongestRoute", RouteAction{std::vector<ContactGroupId>(50, group_id(1))}, ""},
                    Case{"RouteTooLong", RouteAction{std::vector<ContactGroupId>(51, group_id(1))},
                         "/actions/1/contact_group_ids"}),
    [](const auto& test) { return test.param.name; });

using namespace std::chrono_literals;
using enum domain::ThresholdMode;

INSTANTIATE_TEST_SUITE_P(
    Enrich, CheckAction,
    testing::Values(
        Case{"Extract", ExtractAction{"title", "(?P<host>[a-z]+)"}, ""},
        Case{"ExtractFromDetails", ExtractAction{"details.a.b", "(?P<host>.)"}, ""},
        Case{"ExtractFromUnknown", ExtractAction{"titel", "(?P<host>.)"}, "/actions/1/field"},
        Case{"ExtractNoName", ExtractAction{"title", "(host)"}, "/actions/1/pattern"},
        Case{"ExtractNoRegex", ExtractAction{"title", "(?P<host>"}, "/actions/1/pattern"},
        Case{"ExtractNothing", ExtractAction{"title", ""}, "/actions/1/pattern"},
        Case{"ExtractLongest", ExtractAction{"title", "(?P<h>.)" + std::string(1'016, 'x')}, ""},
        Case{"ExtractTooLong", ExtractAction{"title", "(?P<h>.)" + std::string(1'017, 'x')}, "/actions/1/pattern"},
        Case{"ExtractTooCostly", ExtractAction{"title", "(?P<h>((a{100}){100}){10})"}, "/actions/1/pattern"},
        Case{"GroupOfFields", GroupKeyAction{{"service", "labels.env"}, ""}, ""},
        Case{"GroupOfTemplate", GroupKeyAction{{}, "{{service}}"}, ""},
        Case{"GroupOfStatus", GroupKeyAction{{"status"}, ""}, "/actions/1/fields/0"},
        Case{"GroupOfNeither", GroupKeyAction{}, "/actions/1"},
        Case{"LongestPriority", PriorityAction{std::string(64, 'p')}, ""},
        Case{"PriorityTooLong", PriorityAction{std::string(65, 'p')}, "/actions/1/priority"},
        Case{"NoPriority", PriorityAction{}, "/actions/1/priority"},
        Case{"LongestTag", TagAction{std::string(255, 't')}, ""},
        Case{"TagTooLong", TagAction{std::string(256, 't')}, "/actions/1/tag"},
        Case{"NoTag", TagAction{}, "/actions/1/tag"},
        Case{"ControlCharacterInTag", TagAction{"a\x01"}, "/actions/1/tag"},
        Case{"Note", NoteAction{"see {{labels.runbook}}"}, ""}, Case{"NoNote", NoteAction{}, "/actions/1/note"},
        Case{"NoteOfUnknown", NoteAction{"{{sevice}}"}, "/actions/1/note"},
        Case{"NoteTooLong", NoteAction{std::string(4'097, 'n')}, "/actions/1/note"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Machines, CheckAction,
    testing::Values(Case{"LeastThreshold", ThresholdAction{1, 1s, every}, ""},
                    Case{"MostThreshold", ThresholdAction{1'000, 7 * 24h, reset}, ""},
                    Case{"CountOfNone", ThresholdAction{0, 1min, every}, "/actions/1/count"},
                    Case{"CountTooHigh", ThresholdAction{1'001, 1min, every}, "/actions/1/count"},
                    Case{"WithinTooShort", ThresholdAction{3, 999ms, every}, "/actions/1/within"},
                    Case{"WithinTooLong", ThresholdAction{3, 7 * 24h + 1ms, every}, "/actions/1/within"},
                    Case{"ShortestPause", PauseAction{1s}, ""},
                    Case{"PauseTooShort", PauseAction{999ms}, "/actions/1/for"},
                    Case{"PauseTooLong", PauseAction{7 * 24h + 1ms}, "/actions/1/for"}, Case{"Flap", FlapAction{}, ""},
                    Case{"TooFewTransitions", FlapAction{1, 1min, 1min, {}}, "/actions/1/transitions"},
                    Case{"TooManyTransitions", FlapAction{1'001, 1min, 1min, {}}, "/actions/1/transitions"},
                    Case{"FlapWithinNothing", FlapAction{5, 0s, 1min, {}}, "/actions/1/within"},
                    Case{"FlapSettlesAtOnce", FlapAction{5, 1min, 0s, {}}, "/actions/1/settle"}),
    [](const auto& test) { return test.param.name; });

TEST(Check, ARuleHasOneMachineOfAKind)
{
    auto rule = good();
    rule.actions = {PauseAction{1s}, ThresholdAction{3, 1min, every}, FlapAction{}};
    EXPECT_TRUE(check(rule));
    rule.actions.emplace_back(PauseAction{2s});
    EXPECT_EQ(pointers_of(rule), Pointers{"/actions/3"});
}

TEST(Check, SaysHowANamedGroupIsWritten)
{
    EXPECT_THAT(detail_of(with_action(ExtractAction{"title", "(?<=x)y"})),
                testing::HasSubstr("a named group is written (?P<name>"));
}

TEST(Check, SaysWhichActionToUseInstead)
{
    EXPECT_EQ(detail_of(with_action(SetAction{"severity", "info"})),
              "use the action \"severity\" to change the severity");
    EXPECT_EQ(detail_of(with_action(SetAction{"titel", "x"})), R"(unknown field "titel": did you mean "title"?)");
}

}  // namespace winnow::rules
