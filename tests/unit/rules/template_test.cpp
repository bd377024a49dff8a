#include "rules/template.hpp"

#include "unit/rules/rule_maker.hpp"

#include <gmock/gmock.h>

#include <ostream>

namespace winnow::rules {

namespace {

struct Case {
    std::string name;
    std::string text;
    std::string rendered;

    friend void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }
};

class TemplateRenders : public testing::TestWithParam<Case> {};

std::string rendered(const Template& compiled, const domain::Alert& alert)
{
    constexpr std::size_t kPlenty = 100'000;
    std::size_t steps = kPlenty;
    return compiled.render(alert, kPlenty, steps).value_or("too dear");
}

std::string error_of(const std::string& text)
{
    const auto compiled = Template::parse(text);
    return compiled ? "" : compiled.error().message();
}

}  // namespace

TEST_P(TemplateRenders, FieldsAsTheyAre)
{
    const auto compiled = Template::parse(GetParam().text);
    ASSERT_TRUE(compiled) << compiled.error().message();
    EXPECT_EQ(rendered(*compiled, make_alert()), GetParam().rendered);
}

INSTANTIATE_TEST_SUITE_P(
    Documented, TemplateRenders,
    testing::Values(
        Case{"Nothing", "", ""}, Case{"PlainText", "a } b { c }} d", "a } b { c }} d"},
        Case{"TwoFields", "{{labels.env}}/{{source}}", "prod/db-7"},
        Case{"SpacesInside", "[{{  title }}]", "[disk 93% full]"},
        Case{"OwnFields", "{{status}} {{severity}} {{service}} {{class}} {{integration}} {{dedup_key}}",
             "firing warning billing disk_full prometheus db-7/disk"},
        Case{"Times", "{{received_at}}|{{starts_at}}|{{ends_at}}", "2027-01-15T08:00:00.000Z||"},
        Case{"MissingFields", "<{{component}}{{group}}{{description}}{{labels.nope}}{{details.nope}}>", "<>"},
        Case{"ALabelWithADot", "{{labels.k8s.pod}}", "db-7-0"}, Case{"ADetail", "{{details.n}}", "12"},
        Case{"ANestedDetail", "{{details.host.rack}}", "r 12"}, Case{"ADetailInAList", "{{details.host.slots.0}}", "4"},
        Case{"ANumberAsWritten", "{{details.host.slots.1.free}}", "2.50"},
        Case{"ABoolean", "{{details.host.up}}", "true"}, Case{"ANull", "<{{details.host.down}}>", "<>"},
        Case{"AnEscape", "{{details.host.name}}", "caf\u00e9"},
        Case{"AnObject", "{{details.host.slots}}", R"([4,{"free":2.50}])"},
        Case{"PastTheEndOfAList", "<{{details.host.slots.9}}>", "<>"},
        Case{"ANameInAList", "<{{details.host.slots.first}}>", "<>"}, Case{"BeyondAScalar", "<{{details.n.x}}>", "<>"}),
    [](const auto& test) { return test.param.name; });

TEST(Template, WhatAFieldHoldsIsNeverReadAsATemplate)
{
    auto alert = make_alert();
    alert.title = "{{source}}";
    EXPECT_EQ(rendered(*Template::parse("{{title}}"), alert), "{{source}}");
}

TEST(Template, DetailsThatAreNoJsonCountAsMissing)
{
    auto alert = make_alert();
    alert.details = R"({"a":)";
    EXPECT_EQ(rendered(*Template::parse("<{{details.a}}{{details.a.b}}>"), alert), "<>");
}

TEST(Template, AnOpenBraceIsRefusedWithItsPlace)
{
    EXPECT_EQ(error_of("\u00e9 {{title"), R"(character 3: "{{" is not closed by "}}")");
    EXPECT_EQ(error_of("{{title}"), R"(character 1: "{{" is not closed by "}}")");
}

TEST(Template, AnUnknownFieldIsRefusedWithTheNearestOne)
{
    EXPECT_EQ(error_of("a {{sevice}}"), R"(character 3: unknown field "sevice": did you mean "service"?)");
    EXPECT_EQ(error_of("{{label.env}}"), R"(character 1: unknown field "label.env": write labels.NAME)");
    EXPECT_EQ(error_of("{{}}"), R"(character 1: unknown field "": use one of an alert's own fields, labels.NAME or )"
                                "details.PATH");
    EXPECT_THAT(error_of("{{Title}}"), testing::HasSubstr(R"(did you mean "title"?)"));
    EXPECT_THAT(error_of("{{" + std::string(5'000, 'x') + "}}"), testing::SizeIs(testing::Lt(300)));
}

TEST(Template, PathsAndNamesHaveLimits)
{
    EXPECT_EQ(error_of("{{labels.}}"), "character 1: a label's name has 1 to 255 characters: labels.NAME");
    EXPECT_EQ(error_of("{{labels." + std::string(255, 'l') + "}}"), "");
    EXPECT_NE(error_of("{{labels." + std::string(256, 'l') + "}}"), "");
    for (const auto* path : {"details.", "details..a", "details.a.", "details.a..b"}) {
        EXPECT_THAT(error_of("{{" + std::string(path) + "}}"), testing::HasSubstr("joined by single dots")) << path;
    }
    std::string deep = "{{details";
    for (int i = 0; i < 32; ++i) deep += ".a";
    EXPECT_EQ(error_of(deep + "}}"), "");
    EXPECT_NE(error_of(deep + ".a}}"), "");
    EXPECT_EQ(error_of(std::string(kMaxTemplateBytes, 'x')), "");
    EXPECT_EQ(error_of(std::string(kMaxTemplateBytes + 1, 'x')), "a template has at most 8192 bytes");
}

TEST(TruncateChars, CutsBetweenCodePoints)
{
    const auto cut = [](std::string text, std::size_t chars) {
        truncate_chars(text, chars);
        return text;
    };
    EXPECT_EQ(cut("abc", 3), "abc");
    EXPECT_EQ(cut("abcd", 3), "abc");
    EXPECT_EQ(cut("\u00e9\u00e9\u00e9", 3), "\u00e9\u00e9\u00e9") << "characters, not bytes";
    EXPECT_EQ(cut("\u00e9\u00e9\u00e9", 2), "\u00e9\u00e9");
    EXPECT_EQ(cut("abc", 0), "");
}

}  // namespace winnow::rules
