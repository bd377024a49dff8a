/// @file
/// What a native body becomes beyond its single fields: details, default identity, the forms of a body.

#include "winnow/intake/formats.hpp"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <variant>

namespace winnow::intake {

namespace {

using domain::Alert;

Origin origin()
{
    return {IntegrationId(Uuid::from_words(1, 2)), "native", *parse_rfc3339("2026-11-23T06:00:00Z")};
}

Result<Batch> parse(const std::string& body, const domain::AlertLimits& limits = {})
{
    return parse_native_json(body, origin(), limits);
}

Alert alert_of(const std::string& body)
{
    const auto batch = parse(body);
    if (!batch || !std::holds_alternative<Alert>(batch->front())) {
        ADD_FAILURE() << body;
        return {};
    }
    return std::get<Alert>(batch->front());
}

}  // namespace

TEST(NativeDetails, KeepsNumbersAsSent)
{
    const auto alert = alert_of(
        R"({"title":"x","details":{"big":123456789012345678901234567890,"f":1.10,"e":1E5,"neg":-0,"tiny":1e-400}})");
    EXPECT_EQ(alert.details, R"({"big":123456789012345678901234567890,"f":1.10,"e":1E5,"neg":-0,"tiny":1e-400})");
}

TEST(NativeDetails, HoldsUnknownFields)
{
    EXPECT_EQ(alert_of(R"({"title":"x","foo":{"a":[1, 2]},"bar":null})").details, R"({"foo":{"a":[1,2]},"bar":null})");
    EXPECT_EQ(alert_of(R"({"foo":1,"title":"x","details":{"n":2}})").details, R"({"n":2,"foo":1})");
}

TEST(NativeDetails, IsAnObjectWhateverWasSent)
{
    EXPECT_EQ(alert_of(R"({"title":"x","details":"text"})").details, R"({"value":"text"})");
    EXPECT_EQ(alert_of(R"({"title":"x","details":[1,2]})").details, R"({"value":[1,2]})");
    EXPECT_EQ(alert_of(R"({"title":"x","details":false})").details, R"({"value":false})");
    EXPECT_EQ(alert_of(R"({"title":"x","details":{}})").details, "{}");
}

TEST(NativeDetails, AClashLosesNothing)
{
    EXPECT_EQ(alert_of(R"({"title":"x","foo":1,"details":{"foo":2,"foo_":3}})").details,
              R"({"foo":2,"foo_":3,"foo__":1})");
    EXPECT_EQ(alert_of(R"({"title":"x","value":1,"details":7})").details, R"({"value":7,"value_":1})");
}

TEST(NativeDetails, HoldsLinksThatKnowMoreThanWeDo)
{
    const auto alert = alert_of(R"({"title":"x","links":[ {"href":"https://a.example","alt":"]"} ] , "z":1})");
    EXPECT_EQ(alert.links.size(), 1U);
    EXPECT_EQ(alert.details, R"({"links":[{"href":"https://a.example","alt":"]"}],"z":1})");
}

TEST(NativeFingerprint, IsTheSameForEver)
{
    // Checked against an independent SHA-256 over the documented bytes.
    const auto alert = alert_of(
        R"({"title":"disk full","source":"db-7","class":"disk","labels":{"b":"2","a":"1"},"severity":"info"})");
    EXPECT_EQ(alert.dedup_key, "428ec1a1d8784d9c369c7f38943f16e2");
}

TEST(NativeFingerprint, TellsApartWhatShouldBe)
{
    const auto key = [](const std::string& body) {
        return alert_of(body).dedup_key;
    };
    const auto base = key(R"({"title":"t","source":"s","labels":{"a":"1"}})");
    EXPECT_EQ(base, key(R"({"labels":{"a":"1"},"status":"resolved","source":"s","severity":"critical","title":"t",
                            "description":"d","details":1,"service":"v","starts_at":"2026-11-23T05:00:00Z"})"));
    EXPECT_NE(base, key(R"({"title":"t","source":"s","labels":{"a":"2"}})"));
    EXPECT_NE(base, key(R"({"title":"t","source":"s"})"));
    EXPECT_NE(base, key(R"({"title":"s","source":"t","labels":{"a":"1"}})"));
    EXPECT_NE(key(R"({"title":"t","source":"s"})"), key(R"({"title":"t","class":"s"})"));
    EXPECT_NE(key(R"({"title":"x","labels":{"a":"b","c":"d"}})"), key(R"({"title":"x","labels":{"a":"bLc"}})"));
    auto other = origin();
    other.integration_id = IntegrationId(Uuid::from_words(1, 3));
    const auto elsewhere = parse_native_json(R"({"title":"t","source":"s","labels":{"a":"1"}})", other, {});
    EXPECT_NE(base, std::get<Alert>(elsewhere->front()).dedup_key);
}

TEST(NativeBody, TakesTheThreeForms)
{
    EXPECT_EQ(parse(R"({"title":"x"})")->size(), 1U);
    EXPECT_EQ(parse(R"([{"title":"x"},{"title":"y"}])")->size(), 2U);
    EXPECT_EQ(parse(R"( {"alerts":[{"title":"x"},{"title":"y"}]} )")->size(), 2U);
    EXPECT_EQ(alert_of(R"({"title":"x","alerts":[]})").details, R"({"alerts":[]})");
    EXPECT_EQ(alert_of(R"({"title":"x","alerts":[{"name":"y"}]})").details, R"({"alerts":[{"name":"y"}]})");
}

TEST(NativeBody, KeepsTheGoodOnes)
{
    for (const auto& [before, after, prefix] :
         {std::tuple{"[", "]", ""}, std::tuple{R"({"alerts":[)", "]}", "/alerts"}}) {
        const auto batch =
            parse(before + std::string(R"({"title":"a"},{"title":""},7,{"title":"b"},{"source":{"x":[]}})") + after);
        ASSERT_TRUE(batch.has_value());
        ASSERT_EQ(batch->size(), 5U);
        EXPECT_EQ(std::get<Alert>((*batch)[0]).title, "a");
        EXPECT_EQ(std::get<FieldError>((*batch)[1]).pointer, std::string(prefix) + "/1/title");
        EXPECT_EQ(std::get<FieldError>((*batch)[2]).pointer, std::string(prefix) + "/2");
        EXPECT_EQ(std::get<Alert>((*batch)[3]).title, "b");
        EXPECT_EQ(std::get<FieldError>((*batch)[4]).pointer, std::string(prefix) + "/4/source");
    }
}

TEST(NativeBody, TakesWrappedAlertsWhateverStandsBesideThemInAnyOrder)
{
    const std::string page = R"([{"source":"s"},{"title":"disk full on db-1","severity":"critical"}])";
    for (const auto* name : {"alerts", "Alerts", "ALERTS"}) {
        const auto alerts = "\"" + std::string(name) + "\":" + page;
        for (const auto& [body, beside] :
             {std::tuple{R"({"title":"batch",)" + alerts + "}", "/title"},
              std::tuple{"{" + alerts + R"(,"title":"batch"})", "/title"},
              std::tuple{"{" + alerts + R"(,"foo":1})", "/foo"}, std::tuple{R"({"foo":1,)" + alerts + "}", "/foo"},
              std::tuple{R"({"labels":7,)" + alerts + R"(,"title":"batch"})", "/labels"},
              std::tuple{R"({"title":"a","title":"b",)" + alerts + R"(,"severity":[]})", "/title"}}) {
            const auto batch = parse(body);
            ASSERT_TRUE(batch.has_value()) << body;
            ASSERT_EQ(batch->size(), 2U) << body;
            EXPECT_EQ(std::get<FieldError>((*batch)[0]).pointer, "/" + std::string(name) + "/0/title");
            const auto& alert = std::get<Alert>((*batch)[1]);
            EXPECT_EQ(alert.title, "disk full on db-1");
            ASSERT_EQ(alert.warnings.size(), 1U) << body;
            EXPECT_EQ(alert.warnings.front().pointer, beside) << body;
            EXPECT_EQ(alert.warnings.front().code, "left_out");
            EXPECT_NE(alert.warnings.front().detail.find("stands beside"), std::string::npos);
        }
    }
    EXPECT_FALSE(parse(R"({"alerts":[{"title":"x"}],"alerts":[{"title":"y"}]})").has_value());
    EXPECT_FALSE(parse(R"({"alerts":[{"title":"x"}],"Alerts":[{"title":"y"}]})").has_value());
}

TEST(NativeBody, AnAlertWhoseOwnMemberIsCalledAlertsIsNotLost)
{
    for (const auto* held : {"[]", R"(["a","b"])", R"([{"name":"a"}])", R"({"title":"x"})"}) {
        for (const auto& body : {R"({"title":"t","alerts":)" + std::string(held) + "}",
                                 R"({"alerts":)" + std::string(held) + R"(,"title":"t"})",
                                 R"([{"title":"t","alerts":)" + std::string(held) + "}]"}) {
            const auto alert = alert_of(body);
            EXPECT_EQ(alert.title, "t") << body;
            EXPECT_EQ(alert.details, R"({"alerts":)" + std::string(held) + "}");
            ASSERT_EQ(alert.warnings.size(), 1U) << body;
            EXPECT_EQ(alert.warnings.front().code, "moved");
            EXPECT_TRUE(alert.warnings.front().pointer.ends_with("/alerts")) << alert.warnings.front().pointer;
        }
    }
    EXPECT_TRUE(alert_of(R"({"title":"t","alerts":3})").warnings.empty());
}

TEST(NativeBody, WhatShouldHaveHeldAlertsIsNamed)
{
    const auto refused = [](const std::string& body) {
        const auto batch = parse(body);
        if (!batch) return std::string("none");
        const auto* item = std::get_if<FieldError>(&batch->front());
        return item == nullptr ? "taken" : item->pointer;
    };
    EXPECT_EQ(refused(R"({"alerts":null})"), "/alerts");
    EXPECT_EQ(refused(R"({"alerts":{}})"), "/alerts");
    EXPECT_EQ(refused(R"({"alerts":{"title":"x"},"source":"s"})"), "/alerts");
    EXPECT_EQ(refused(R"({"Alerts":"x"})"), "/Alerts");
    EXPECT_EQ(refused(R"([{"alerts":[{"title":"x"}]}])"), "/0/alerts");
    EXPECT_EQ(refused(R"({"source":"s"})"), "/title");
    const auto line = parse_native_ndjson("{\"alerts\":[{\"title\":\"x\"}]}\n{\"title\":\"y\"}\n", origin(), {});
    EXPECT_EQ(std::get<FieldError>(line->front()).pointer, "/0/alerts");
}

TEST(NativeBody, RefusesWhatHoldsNoAlert)
{
    for (const auto* body : {"", "  \n", "[]", R"({"alerts":[]})", "7", "null", R"("title")"}) {
        const auto batch = parse(body);
        ASSERT_FALSE(batch.has_value()) << body;
        EXPECT_EQ(batch.error().code(), ErrorCode::invalid_argument) << body;
    }
}

TEST(NativeBody, CountHoldsAtItsEdge)
{
    domain::AlertLimits limits;
    limits.max_alerts_per_body = 3;
    const auto of = [](int count) {
        std::string body = "[";
        for (int i = 0; i < count; ++i) body += i == 0 ? R"({"title":"x"})" : R"(,{"title":"x"})";
        return body + "]";
    };
    EXPECT_EQ(parse(of(3), limits)->size(), 3U);
    EXPECT_EQ(parse(of(4), limits).error().code(), ErrorCode::too_large);
    EXPECT_EQ(parse("{\"alerts\":" + of(4) + "}", limits).error().code(), ErrorCode::too_large);
    limits.max_body_bytes = 20;
    EXPECT_TRUE(parse(R"({"title":"1234567"} )", limits).has_value());
    EXPECT_EQ(parse(R"({"title":"1234567"}  )", limits).error().code(), ErrorCode::too_large);
}

TEST(NativeBody, AByteOrderMarkCostsNothing)
{
    const std::string mark = "\xEF\xBB\xBF";
    for (const auto* body :
         {R"({"title":"x"})", R"([{"title":"x"}])", R"({"alerts":[{"title":"x"}]})", " {\"title\":\"x\"}"}) {
        const auto batch = parse(mark + body);
        ASSERT_TRUE(batch) << body << ": " << batch.error().message();
        ASSERT_EQ(batch->size(), 1U) << body;
        ASSERT_TRUE(std::holds_alternative<Alert>(batch->front())) << body;
        EXPECT_TRUE(std::get<Alert>(batch->front()).warnings.empty()) << body;
    }
    const auto lines = parse_native_ndjson(mark + "{\"title\":\"x\"}\n" + mark + "{\"title\":\"y\"}\n", origin(), {});
    ASSERT_TRUE(lines);
    ASSERT_EQ(lines->size(), 2U);
    for (const auto& item : *lines) EXPECT_TRUE(std::holds_alternative<Alert>(item));
    EXPECT_FALSE(parse(mark));
    EXPECT_FALSE(parse(mark + mark + R"({"title":"x"})"));
    EXPECT_NE(recognise_foreign(mark + R"([{"labels":{"a":"b"},"startsAt":"x"}])"), "");
}

TEST(NativeNdjson, ReadsLineByLine)
{
    const std::string body =
        "{\"title\":\"a\"}\r\n\n  \n{\"title\":\"\"}\n{\"title\": nope}\n[]\n7\n{\"title\":\"b\"} x\n{\"title\":\"c\"}";
    const auto batch = parse_native_ndjson(body, origin(), {});
    ASSERT_TRUE(batch.has_value());
    ASSERT_EQ(batch->size(), 7U);
    EXPECT_EQ(std::get<Alert>((*batch)[0]).title, "a");
    EXPECT_EQ(std::get<FieldError>((*batch)[1]).pointer, "/1/title");
    EXPECT_EQ(std::get<FieldError>((*batch)[2]).pointer, "/2/title");
    EXPECT_EQ(std::get<FieldError>((*batch)[2]).code, "malformed_json");
    EXPECT_EQ(std::get<FieldError>((*batch)[3]).pointer, "/3");
    EXPECT_EQ(std::get<FieldError>((*batch)[4]).pointer, "/4");
    EXPECT_EQ(std::get<FieldError>((*batch)[5]).pointer, "/5");
    EXPECT_EQ(std::get<Alert>((*batch)[6]).title, "c");
}

TEST(NativeNdjson, HoldsTheLimitsOfABody)
{
    domain::AlertLimits limits;
    limits.max_alerts_per_body = 2;
    EXPECT_TRUE(parse_native_ndjson("{\"title\":\"a\"}\n{\"title\":\"b\"}\n\n", origin(), limits).has_value());
    const auto refused =
        parse_native_ndjson("{\"title\":\"a\"}\n{\"title\":\"b\"}\n{\"title\":\"c\"}", origin(), limits);
    EXPECT_EQ(refused.error().code(), ErrorCode::too_large);
    EXPECT_FALSE(parse_native_ndjson("\n \n", origin(), limits).has_value());
}

TEST(NativeNdjson, EscapesInOneLineDoNotReachAnother)
{
    const auto batch = parse_native_ndjson(
        "{\"title\":\"a\",\"source\":\"\\u0041\\n\"}\n{\"title\":\"\\u0043\",\"source\":\"\\u0042\\t\"}", origin(), {});
    ASSERT_EQ(batch->size(), 2U);
    EXPECT_EQ(std::get<Alert>((*batch)[0]).source, "A\n");
    EXPECT_EQ(std::get<Alert>((*batch)[1]).source, "B\t");
    EXPECT_EQ(std::get<Alert>((*batch)[1]).title, "C");
}

}  // namespace winnow::intake
