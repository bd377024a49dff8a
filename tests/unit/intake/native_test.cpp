#include "winnow/intake/formats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <ostream>
#include <string>
#include <variant>

namespace winnow::intake {

namespace {

using domain::Alert;

const Timestamp kNow = *parse_rfc3339("2026-11-23T06:00:00Z");

Origin origin()
{
    return {IntegrationId(Uuid::from_words(1, 2)), "native", kNow};
}

Result<Batch> parse(const std::string& body, const domain::AlertLimits& limits = {})
{
    return parse_native_json(body, origin(), limits);
}

Alert alert_of(const std::string& body)
{
    const auto batch = parse(body);
    if (!batch) {
        ADD_FAILURE() << body << ": " << batch.error().message();
        return {};
    }
    if (const auto* refused = std::get_if<FieldError>(&batch->front())) {
        ADD_FAILURE() << body << ": " << refused->pointer << " " << refused->detail;
        return {};
    }
    return std::get<Alert>(batch->front());
}

// The pointer at which the only alert of `body` is refused; "accepted" if it is not.
std::string refused_at(const std::string& body, const domain::AlertLimits& limits = {})
{
    const auto batch = parse(body, limits);
    if (!batch) return "error: " + batch.error().message();
    const auto* refused = std::get_if<FieldError>(&batch->front());
    if (refused == nullptr) return "accepted";
    EXPECT_FALSE(refused->detail.empty());
    return refused->pointer;
}

std::string quoted(const std::string& text)
{
    return nlohmann::json(text).dump();
}

}  // namespace

TEST(NativeAlert, TakesEveryDocumentedField)
{
    const auto alert = alert_of(R"({ "title": "disk 93% full on db-7", "status": "resolved", "severity": "critical",
        "dedup_key": "db-7/disk", "source": "db-7", "service": "billing", "component": "disk", "group": "db",
        "class": "disk_full", "description": "…", "labels": {"env":"prod","a":"b"}, "details": {"n": 1},
        "starts_at": "2026-11-23T05:00:00.123Z", "ends_at": "2026-11-23T07:30:00+01:00",
        "links": [{"href":"https://x.example/","text":"Runbook"},{"href":"mailto:a@b.example"}] })");
    EXPECT_EQ(alert.title, "disk 93% full on db-7");
    EXPECT_EQ(alert.status, domain::AlertStatus::resolved);
    EXPECT_EQ(alert.severity, domain::Severity::critical);
    EXPECT_EQ(alert.dedup_key, "db-7/disk");
    EXPECT_EQ(alert.source, "db-7");
    EXPECT_EQ(alert.service, "billing");
    EXPECT_EQ(alert.component, "disk");
    EXPECT_EQ(alert.group, "db");
    EXPECT_EQ(alert.class_name, "disk_full");
    EXPECT_EQ(alert.description, "…");
    EXPECT_THAT(alert.labels.entries(), testing::ElementsAre(testing::Pair("a", "b"), testing::Pair("env", "prod")));
    EXPECT_EQ(alert.details, R"({"n":1})");
    EXPECT_EQ(format_rfc3339(*alert.starts_at), "2026-11-23T05:00:00.123Z");
    EXPECT_EQ(format_rfc3339(*alert.ends_at), "2026-11-23T06:30:00.000Z");
    ASSERT_EQ(alert.links.size(), 2U);
    EXPECT_EQ(alert.links[0], (domain::Link{"https://x.example/", "Runbook"}));
    EXPECT_EQ(alert.links[1], (domain::Link{"mailto:a@b.example", ""}));
    EXPECT_EQ(alert.integration, "native");
    EXPECT_EQ(alert.integration_id, origin().integration_id);
    EXPECT_EQ(alert.received_at, kNow);
    EXPECT_EQ(alert.instance_key, "");
}

TEST(NativeAlert, ATitleIsEnough)
{
    const auto alert = alert_of(R"({"title":"x","status":null,"severity":null,"dedup_key":null,"source":null,
        "labels":null,"details":null,"starts_at":null,"ends_at":null,"links":null,"description":null})");
    Alert expected;
    expected.title = "x";
    expected.integration = "native";
    expected.integration_id = origin().integration_id;
    expected.received_at = kNow;
    expected.dedup_key = alert.dedup_key;
    EXPECT_EQ(alert, expected);
    EXPECT_EQ(alert.dedup_key.size(), 32U);
}

struct FieldCase {
    std::string body;
    std::string pointer;

    friend void PrintTo(const FieldCase& c, std::ostream* out) { *out << c.body; }
};

class NativeRefuses : public testing::TestWithParam<FieldCase> {};

TEST_P(NativeRefuses, WithAPointerToTheField)
{
    EXPECT_EQ(refused_at(GetParam().body), GetParam().pointer);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, NativeRefuses,
    testing::Values(
        FieldCase{R"({})", "/title"}, FieldCase{R"({"title":""})", "/title"}, FieldCase{R"({"title":null})", "/title"},
        FieldCase{R"({"title":7})", "/title"}, FieldCase{R"({"title":{}})", "/title"},
        FieldCase{R"({"title":["x"]})", "/title"}, FieldCase{R"({"title":true})", "/title"},
        FieldCase{R"({"title":"a\u0000b"})", "/title"}, FieldCase{R"({"title":"a","title":"b"})", "/title"},
        FieldCase{R"({"title":"x","source":1})", "/source"}, FieldCase{R"({"title":"x","class":[]})", "/class"},
        FieldCase{R"({"title":"x","severity":"dreadful"})", "/severity"},
        FieldCase{R"({"title":"x","severity":4})", "/severity"},
        FieldCase{R"({"title":"x","status":"Firing"})", "/status"},
        FieldCase{R"({"title":"x","status":"open"})", "/status"}, FieldCase{R"({"title":"x","labels":[]})", "/labels"},
        FieldCase{R"({"title":"x","labels":"a=b"})", "/labels"},
        FieldCase{R"({"title":"x","labels":{"a":{"b":"c"}}})", "/labels/a"},
        FieldCase{R"({"title":"x","labels":{"a":["b"]}})", "/labels/a"},
        FieldCase{R"({"title":"x","labels":{"":"b"}})", "/labels/"},
        FieldCase{R"({"title":"x","labels":{"a/b~c":{}}})", "/labels/a~1b~0c"},
        FieldCase{R"({"title":"x","labels":{"a":"1","a":"2"}})", "/labels/a"},
        FieldCase{R"({"title":"x","labels":{"a":"1","\u0061":"2"}})", "/labels/a"},
        FieldCase{R"({"title":"x","labels":{"a":"\u0000"}})", "/labels/a"},
        FieldCase{R"({"title":"x","labels":{"a":1e999}})", "/labels/a"},
        FieldCase{R"({"title":"x","details":{"a":{"b":1,"b":2}}})", "/details/a/b"},
        FieldCase{R"({"title":"x","details":{"a":[0,{"b":"\u0000"}]}})", "/details/a/1/b"},
        FieldCase{R"({"title":"x","details":{"a\u0000":1}})", "/details"},
        FieldCase{R"({"title":"x","details":[1e400]})", "/details/0"},
        FieldCase{R"({"title":"x","details":{"n":-1e400}})", "/details/n"},
        FieldCase{R"({"title":"x","unknown":{"b":1,"b":2}})", "/unknown/b"},
        FieldCase{R"({"title":"x","starts_at":"yesterday"})", "/starts_at"},
        FieldCase{R"({"title":"x","starts_at":1700000000})", "/starts_at"},
        FieldCase{R"({"title":"x","ends_at":"2026-02-30T00:00:00Z"})", "/ends_at"},
        FieldCase{R"({"title":"x","ends_at":"2037-01-01T00:00:00Z"})", "/ends_at"},
        FieldCase{R"({"title":"x","starts_at":"2016-01-01T00:00:00Z"})", "/starts_at"},
        FieldCase{R"({"title":"x","links":{}})", "/links"},
        FieldCase{R"({"title":"x","links":["https://x"]})", "/links/0"},
        FieldCase{R"({"title":"x","links":[{"text":"t"}]})", "/links/0/href"},
        FieldCase{R"_({"title":"x","links":[{"href":"javascript:alert(1)"}]})_", "/links/0/href"},
        FieldCase{R"({"title":"x","links":[{"href":"https://"}]})", "/links/0/href"},
        FieldCase{R"({"title":"x","links":[{"href":"https://a"},{"href":"https://b","text":1}]})", "/links/1/text"}));

TEST(NativeAlert, TheFirstBrokenRuleIsNamed)
{
    EXPECT_EQ(refused_at(R"({"source":1,"title":""})"), "/source");
}

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
    const auto pointer = "/" + GetParam().field;
    EXPECT_EQ(refused_at(body(std::string(GetParam().limit, 'x'))), "accepted");
    EXPECT_EQ(refused_at(body(wide)), "accepted");
    EXPECT_EQ(refused_at(body(std::string(GetParam().limit + 1, 'x'))), pointer);
    EXPECT_EQ(refused_at(body(wide + "x")), pointer);
}

INSTANTIATE_TEST_SUITE_P(Texts, NativeLimits,
                         testing::Values(LimitCase{"title", 1'024}, LimitCase{"dedup_key", 255},
                                         LimitCase{"source", 1'024}, LimitCase{"service", 1'024},
                                         LimitCase{"component", 1'024}, LimitCase{"group", 1'024},
                                         LimitCase{"class", 1'024}, LimitCase{"description", 16'384}));

TEST(NativeAlert, LabelLimitsHoldAtTheirEdge)
{
    const auto body = [](const std::string& labels) {
        return R"({"title":"x","labels":{)" + labels + "}}";
    };
    const auto many = [](int count) {
        std::string labels;
        for (int i = 0; i < count; ++i) labels += (i == 0 ? "\"n" : ",\"n") + std::to_string(i) + "\":\"v\"";
        return labels;
    };
    EXPECT_EQ(refused_at(body(many(64))), "accepted");
    EXPECT_EQ(refused_at(body(many(65))), "/labels");
    EXPECT_EQ(refused_at(body(many(64) + R"(,"none":"","nil":null)")), "accepted");
    const std::string name(255, 'n');
    const std::string value(4'096, 'v');
    EXPECT_EQ(refused_at(body("\"" + name + "\":\"" + value + "\"")), "accepted");
    EXPECT_EQ(refused_at(body("\"" + name + "n\":\"v\"")), "/labels/" + name + "n");
    EXPECT_EQ(refused_at(body("\"n\":\"v" + value + "\"")), "/labels/n");
}

TEST(NativeAlert, LinkLimitsHoldAtTheirEdge)
{
    const auto body = [](std::size_t count, std::size_t length) {
        std::string links;
        const auto href = "https://" + std::string(length - 8, 'x');
        for (std::size_t i = 0; i < count; ++i) links += (i == 0 ? "" : ",") + (R"({"href":")" + href + "\"}");
        return R"({"title":"x","links":[)" + links + "]}";
    };
    EXPECT_EQ(refused_at(body(16, 2'048)), "accepted");
    EXPECT_EQ(refused_at(body(17, 20)), "/links");
    EXPECT_EQ(refused_at(body(1, 2'049)), "/links/0/href");
}

TEST(NativeAlert, DepthHoldsAtItsEdge)
{
    const auto nested = [](int levels) {  // levels of arrays below the alert, which is the first level itself
        return R"({"title":"x","details":)" + std::string(static_cast<std::size_t>(levels), '[') +
               std::string(static_cast<std::size_t>(levels), ']') + "}";
    };
    EXPECT_EQ(refused_at(nested(31)), "accepted");
    EXPECT_THAT(refused_at(nested(32)), testing::StartsWith("/details/0"));
    EXPECT_THAT(refused_at(nested(400)), testing::StartsWith("/details/0"));
    EXPECT_NE(refused_at(nested(200'000)), "accepted");
}

TEST(NativeAlert, SizeHoldsAtItsEdge)
{
    domain::AlertLimits limits;
    limits.max_alert_bytes = 100;
    const auto sized = [](std::size_t bytes) {
        const std::string frame = R"({"title":""})";
        return R"({"title":")" + std::string(bytes - frame.size(), 'x') + "\"}";
    };
    EXPECT_EQ(refused_at(sized(100), limits), "accepted");
    EXPECT_EQ(refused_at(sized(101), limits), "");
    EXPECT_EQ(refused_at("[" + sized(100) + " , " + sized(101) + " ]", limits), "accepted");
    EXPECT_EQ(refused_at("[" + sized(101) + "]", limits), "/0");
    EXPECT_EQ(refused_at("\n " + sized(100) + "  \n", limits), "accepted");
}

TEST(NativeAlert, SeverityTakesSendersWords)
{
    EXPECT_EQ(alert_of(R"({"title":"x","severity":"Major"})").severity, domain::Severity::error);
    EXPECT_EQ(alert_of(R"({"title":"x","severity":"P1"})").severity, domain::Severity::critical);
    EXPECT_EQ(alert_of(R"({"title":"x","severity":"ok"})").severity, domain::Severity::info);
    EXPECT_EQ(alert_of(R"({"title":"x"})").severity, domain::Severity::warning);
}

TEST(NativeAlert, LabelsBecomeText)
{
    const auto alert =
        alert_of(R"({"title":"x","labels":{"i":7,"f":1.50,"t":true,"f2":false,"n":null,"e":"","s":" s "}})");
    EXPECT_THAT(alert.labels.entries(),
                testing::ElementsAre(testing::Pair("f", "1.50"), testing::Pair("f2", "false"), testing::Pair("i", "7"),
                                     testing::Pair("s", " s "), testing::Pair("t", "true")));
}

}  // namespace winnow::intake
