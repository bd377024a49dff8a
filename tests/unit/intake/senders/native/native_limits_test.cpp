/// @file
/// Each limit of a native alert at its edge, and what becomes of what lies beyond.

#include "native_alerts.hpp"

#include <gmock/gmock.h>

#include <optional>
#include <ostream>

namespace winnow::intake {

struct LimitCase {
    std::string field;
    std::size_t limit = 0;

    friend void PrintTo(const LimitCase& c, std::ostream* out) { *out << c.field; }
};

class NativeLimits : public testing::TestWithParam<LimitCase> {};

TEST_P(NativeLimits, HoldToTheCharacter)
{
    const auto body = [&](const std::string& text) {
        const auto value = quoted(text);
        if (GetParam().field == "title") return "{\"title\":" + value + "}";
        return "{\"title\":\"x\",\"" + GetParam().field + "\":" + value + "}";
    };
    std::string wide;  // counts characters, not bytes
    for (std::size_t i = 0; i < GetParam().limit; ++i) wide += i % 2 == 0 ? "é" : "🙂";
    EXPECT_THAT(warned(body(std::string(GetParam().limit, 'x'))), testing::IsEmpty());
    EXPECT_THAT(warned(body(wide)), testing::IsEmpty());
    for (const auto& text : {std::string(GetParam().limit + 1, 'x'), wide + "x"}) {
        EXPECT_THAT(warned(body(text)), testing::ElementsAre("cut /" + GetParam().field));
        const auto alert = alert_of(body(text));
        const auto document =
            nlohmann::json{{"title", alert.title},      {"dedup_key", alert.dedup_key},    {"source", alert.source},
                           {"service", alert.service},  {"component", alert.component},    {"group", alert.group},
                           {"class", alert.class_name}, {"description", alert.description}};
        const auto kept = document.at(GetParam().field).get<std::string>();
        EXPECT_EQ(count_code_points(kept), GetParam().limit);
        EXPECT_EQ(kept.substr(0, 100), text.substr(0, 100));
    }
}

TEST(NativeLimit, ADedupKeyThatWasCutIsStillItsOwn)
{
    const std::string begin(300, 'k');
    const auto key = [&](const std::string& end) {
        return alert_of(R"({"title":"x","dedup_key":")" + begin + end + "\"}").dedup_key;
    };
    EXPECT_EQ(key("a"), key("a"));
    EXPECT_NE(key("a"), key("b"));
    EXPECT_EQ(key("a").substr(0, 222), begin.substr(0, 222));
}

INSTANTIATE_TEST_SUITE_P(Texts, NativeLimits,
                         testing::Values(LimitCase{"title", 1'024}, LimitCase{"dedup_key", 255},
                                         LimitCase{"source", 1'024}, LimitCase{"service", 1'024},
                                         LimitCase{"component", 1'024}, LimitCase{"group", 1'024},
                                         LimitCase{"class", 1'024}, LimitCase{"description", 16'384}));

TEST(NativeLimit, LabelLimitsHoldAtTheirEdge)
{
    const auto body = [](const std::string& labels) {
        return R"({"title":"x","labels":{)" + labels + "}}";
    };
    const auto many = [](int count) {
        std::string labels;
        for (int i = 0; i < count; ++i) labels += (i == 0 ? "\"n" : ",\"n") + std::to_string(i) + "\":\"v\"";
        return labels;
    };
    EXPECT_THAT(warned(body(many(64))), testing::IsEmpty());
    EXPECT_THAT(warned(body(many(64) + R"(,"none":"","nil":null)")), testing::IsEmpty());
    EXPECT_THAT(warned(body(many(66))), testing::ElementsAre("moved /labels"));
    const auto alert = alert_of(body(many(66)));
    EXPECT_EQ(alert.labels.size(), 64U);
    EXPECT_EQ(alert.details, R"({"labels":{"n64":"v","n65":"v"}})");
    EXPECT_NE(alert.dedup_key, alert_of(body(many(67))).dedup_key) << "labels that did not fit tell alerts apart, too";

    const std::string name(255, 'n');
    const std::string value(4'096, 'v');
    EXPECT_THAT(warned(body("\"" + name + "\":\"" + value + "\"")), testing::IsEmpty());
    EXPECT_THAT(warned(body("\"" + name + "n\":\"v\"")), testing::ElementsAre("moved /labels/" + name + "n"));
    EXPECT_EQ(alert_of(body("\"" + name + "n\":\"v\"")).details, R"({"labels":{")" + name + R"(n":"v"}})");
    EXPECT_THAT(warned(body("\"n\":\"w" + value + "\"")), testing::ElementsAre("cut /labels/n"));
    const auto cut = alert_of(body("\"n\":\"w" + value + "\""));
    EXPECT_EQ(count_code_points(*cut.labels.find("n")), 4'096U);
    EXPECT_EQ(cut.details, R"({"labels":{"n":"w)" + value + R"("}})");
    EXPECT_THAT(warned(body(R"("":"b")")), testing::ElementsAre("moved /labels/"));
}

TEST(NativeLimit, LinkLimitsHoldAtTheirEdge)
{
    const auto body = [](std::size_t count, std::size_t length) {
        std::string links;
        const auto href = "https://" + std::string(length - 8, 'x');
        for (std::size_t i = 0; i < count; ++i) links += (i == 0 ? "" : ",") + (R"({"href":")" + href + "\"}");
        return R"({"title":"x","links":[)" + links + "]}";
    };
    EXPECT_THAT(warned(body(16, 2'048)), testing::IsEmpty());
    EXPECT_THAT(warned(body(17, 20)), testing::ElementsAre("moved /links"));
    EXPECT_EQ(alert_of(body(17, 20)).links.size(), 16U);
    EXPECT_EQ(nlohmann::json::parse(alert_of(body(17, 20)).details)["links"].size(), 17U);
    EXPECT_THAT(warned(body(1, 2'049)), testing::ElementsAre("moved /links/0/href"));
    EXPECT_TRUE(alert_of(body(1, 2'049)).links.empty());
    EXPECT_THAT(alert_of(body(1, 2'049)).details, testing::HasSubstr("xxx"));
    for (const auto* href : {"javascript:alert(1)", "https://", ""}) {
        const auto unsafe = R"({"title":"x","links":[{"href":")" + std::string(href) + R"("}]})";
        EXPECT_THAT(warned(unsafe), testing::ElementsAre("moved /links/0/href")) << href;
        EXPECT_EQ(alert_of(unsafe).details, R"({"links":[{"href":")" + std::string(href) + R"("}]})");
    }
}

TEST(NativeLimit, DepthHoldsAtItsEdge)
{
    const auto nested = [](int levels) {  // levels of arrays below the alert, which is the first level itself
        return R"({"title":"x","details":)" + std::string(static_cast<std::size_t>(levels), '[') +
               std::string(static_cast<std::size_t>(levels), ']') + "}";
    };
    EXPECT_THAT(warned(nested(31)), testing::IsEmpty());
    EXPECT_THAT(warned(nested(32)), testing::ElementsAre(testing::StartsWith("left_out /details/0")));
    EXPECT_THAT(warned(nested(400)), testing::ElementsAre(testing::StartsWith("left_out /details/0")));
    EXPECT_NE(warned(nested(200'000)), std::vector<std::string>());
    EXPECT_EQ(parse(R"({"title":"x","details":)" + std::string(40, '[') + "nope" + std::string(40, ']') + "}")
                  .error()
                  .fields()
                  .front()
                  .code,
              "malformed_json");
}

TEST(NativeLimit, SizeHoldsAtItsEdge)
{
    domain::AlertLimits limits;
    limits.max_alert_bytes = 1'100;
    const auto sized = [](std::size_t bytes) {
        const std::string frame = R"({"title":"","details":{"a":""}})";
        const auto rest = bytes - frame.size();
        return R"({"title":")" + std::string(100, 't') + R"(","details":{"a":")" + std::string(rest - 100, 'x') +
               "\"}}";
    };
    EXPECT_THAT(warned(sized(1'100), limits), testing::IsEmpty());
    EXPECT_THAT(warned("\n " + sized(1'100) + "  \n", limits), testing::IsEmpty());
    EXPECT_THAT(warned("[" + sized(1'200) + "]", limits), testing::ElementsAre("cut /0"));
    EXPECT_THAT(warned(sized(1'200), limits), testing::ElementsAre("cut "));
    const auto batch = parse(sized(100'000), limits);
    const auto& alert = std::get<Alert>(batch->front());
    EXPECT_EQ(alert.title, std::string(100, 't'));
    EXPECT_LE(alert.details.size(), 1'100U);
    EXPECT_TRUE(nlohmann::json::accept(alert.details));
}

TEST(NativeLimit, WhatCannotBeCutIsLeftOut)
{
    domain::AlertLimits limits;
    limits.max_alert_bytes = 1'100;
    std::string numbers = "0";
    for (int i = 0; i < 2'000; ++i) numbers += ",1";
    const auto batch = parse(
        R"({"title":"x","labels":{"a":")" + std::string(3'000, 'v') + R"("},"details":[)" + numbers + "]}", limits);
    const auto& alert = std::get<Alert>(batch->front());
    EXPECT_EQ(alert.title, "x");
    EXPECT_THAT(alert.details, testing::HasSubstr("left_out"));
    EXPECT_LE(alert.labels.find("a")->size() + alert.details.size(), 1'200U);
}

TEST(NativeLimit, WhatStandsTwiceIsKeptUnderAnotherName)
{
    const auto title = alert_of(R"({"title":"a","title":"b"})");
    EXPECT_EQ(title.title, "a");
    EXPECT_EQ(title.details, R"({"title":"b"})");
    EXPECT_THAT(warned(R"({"title":"a","title":"b"})"), testing::ElementsAre("repeated /title"));
    const auto label = alert_of(R"({"title":"x","labels":{"a":"1","\u0061":"2"}})");
    EXPECT_EQ(*label.labels.find("a"), "1");
    EXPECT_EQ(label.details, R"({"labels":{"a":"2"}})");
    EXPECT_EQ(alert_of(R"({"title":"x","details":{"a":{"b":1,"b":2,"b":3}}})").details,
              R"({"a":{"b":1,"b_":2,"b__":3}})");
    EXPECT_THAT(warned(R"({"title":"x","unknown":{"b":1,"b":2}})"), testing::ElementsAre("repeated /unknown/b"));
    std::string many;
    for (int i = 0; i < 300; ++i) many += "\"n" + std::to_string(i) + "\":1,";
    EXPECT_THAT(warned(R"({"title":"x","details":{)" + many + R"("n7":2}})"),
                testing::ElementsAre("repeated /details/n7"));
}

TEST(NativeLimit, NumbersBeyondADoubleBecomeText)
{
    EXPECT_EQ(alert_of(R"({"title":"x","details":{"n":-1e400}})").details, R"({"n":"-1e400"})");
    EXPECT_EQ(*alert_of(R"({"title":"x","labels":{"a":1e999}})").labels.find("a"), "1e999");
    EXPECT_THAT(warned(R"({"title":"x","details":[1e400]})"), testing::ElementsAre("replaced /details/0"));
}

struct TimeCase {
    std::string text;
    std::string starts_at;  // "" : left out
    std::string ends_at;
    std::string code;  // of the warning; "" : none
};

TEST(NativeLimit, TimesAreReadClampedOrLeftOut)
{
    const std::string then = "2026-11-23T05:00:00.000Z";
    for (const auto& [text, starts, ends, code] :
         std::vector<TimeCase>{{"2026-11-23T05:00:00Z", then, then, ""},
                               {"2026-11-23T14:00:00+0900", then, then, "replaced"},
                               {"2026-11-23T14:00:00+09", then, then, "replaced"},
                               {"2026-11-23 05:00:00 +0000 UTC", then, then, "replaced"},
                               {"2026-11-23T05:00:00", then, then, "replaced"},
                               {"2026-11-23 05:00", then, then, "replaced"},
                               {"2026-11-23", "2026-11-23T00:00:00.000Z", "2026-11-23T00:00:00.000Z", "replaced"},
                               {"1795410000", then, then, "replaced"},
                               {"1795410000000", then, then, "replaced"},
                               {"1795410000000000000", then, then, "replaced"},
                               {"0001-01-01T00:00:00Z", "", "", ""},
                               {"", "", "", "left_out"},
                               {"yesterday", "", "", "left_out"},
                               {"2026-02-30T00:00:00Z", "", "", "left_out"},
                               {"1970-01-01T00:00:00Z", "", "", "left_out"},
                               {"2016-11-22T06:00:00Z", "2016-11-22T06:00:00.000Z", "2016-11-22T06:00:00.000Z", ""},
                               {"2016-11-22T05:59:59Z", "", "", "left_out"},
                               {"2036-11-23T06:00:00Z", "2036-11-23T06:00:00.000Z", "2036-11-23T06:00:00.000Z", ""},
                               {"2036-11-23T06:00:01Z", "", "2036-11-23T06:00:00.000Z", "clamped"},
                               {"9999-12-31T23:59:59Z", "", "2036-11-23T06:00:00.000Z", "clamped"}}) {
        const auto text_of = [](const std::optional<Timestamp>& at) {
            return at ? format_rfc3339(*at) : std::string();
        };
        const auto start = alert_of(R"({"title":"x","starts_at":")" + text + "\"}");
        const auto end = alert_of(R"({"title":"x","ends_at":")" + text + "\"}");
        EXPECT_EQ(text_of(start.starts_at), starts) << text;
        EXPECT_EQ(text_of(end.ends_at), ends) << text;
        ASSERT_EQ(end.warnings.empty(), code.empty()) << text;
        if (!code.empty()) {
            EXPECT_EQ(end.warnings.front().code, code) << text;
            EXPECT_EQ(end.warnings.front().pointer, "/ends_at");
        }
    }
}

TEST(NativeLimit, WarningsAreBounded)
{
    std::string many;
    for (int i = 0; i < 100; ++i) many += "\"n" + std::to_string(i) + "\":1e400,";
    const auto alert = alert_of(R"({"title":"x","details":{)" + many + R"("z":1}})");
    ASSERT_EQ(alert.warnings.size(), 16U);
    EXPECT_EQ(alert.warnings.back().code, "more");
    EXPECT_THAT(alert.warnings.back().detail, testing::StartsWith("85 more"));
    const std::string name(100'000, 'n');
    EXPECT_LE(
        alert_of(R"({"title":"x","labels":{")" + name.substr(0, 30'000) + R"(":"v"}})").warnings[0].pointer.size(),
        512U);
}

}  // namespace winnow::intake
