#include "winnow/base/text.hpp"
#include "winnow/intake/formats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <variant>
#include <vector>

namespace winnow::intake {

namespace {

using domain::Alert;
using domain::AlertStatus;

const Timestamp kNow = *parse_rfc3339("2026-11-23T06:00:00Z");
constexpr auto kResolveTimeout = std::chrono::minutes{5};
constexpr const char* kId = "00000000-0000-0001-0000-000000000002";

Result<Batch> parse(const std::string& body)
{
    return parse_alertmanager(body, {IntegrationId(Uuid::from_words(1, 2)), "am", kNow}, {}, kResolveTimeout);
}

Alert alert_of(const std::string& alert)
{
    const auto batch = parse("[" + alert + "]");
    if (!batch || !std::holds_alternative<Alert>(batch->front())) {
        ADD_FAILURE() << alert;
        return {};
    }
    return std::get<Alert>(batch->front());
}

std::string refused_at(const std::string& alert)
{
    const auto batch = parse("[" + alert + "]");
    if (!batch) return "error: " + batch.error().message();
    const auto* refused = std::get_if<FieldError>(&batch->front());
    return refused == nullptr ? "accepted" : refused->pointer;
}

}  // namespace

TEST(Alertmanager, MapsEveryField)
{
    const auto alert =
        alert_of(R"({"labels":{"alertname":"HighLatency","instance":"api-1:9090","job":"api","severity":"page",
        "component":"edge","group":"g","env":"prod","empty":""},
        "annotations":{"summary":"p99 above 800 ms","description":"slow","runbook_url":"https://r.example/l"},
        "startsAt":"2026-11-23T05:59:00.123456789Z","endsAt":"2026-11-23T06:04:00Z",
        "generatorURL":"https://p.example/graph?a=b"})");
    EXPECT_EQ(alert.title, "p99 above 800 ms");
    EXPECT_EQ(alert.description, "slow");
    EXPECT_EQ(alert.status, AlertStatus::firing);
    EXPECT_EQ(alert.severity, domain::Severity::critical);
    EXPECT_EQ(alert.source, "api-1:9090");
    EXPECT_EQ(alert.service, "api");
    EXPECT_EQ(alert.component, "edge");
    EXPECT_EQ(alert.group, "g");
    EXPECT_EQ(alert.class_name, "HighLatency");
    EXPECT_EQ(alert.labels.size(), 7U);
    EXPECT_EQ(alert.labels.find("empty"), nullptr);
    EXPECT_EQ(format_rfc3339(*alert.starts_at), "2026-11-23T05:59:00.123Z");
    EXPECT_EQ(format_rfc3339(*alert.ends_at), "2026-11-23T06:04:00.000Z");
    ASSERT_EQ(alert.links.size(), 2U);
    EXPECT_EQ(alert.links[0], (domain::Link{"https://p.example/graph?a=b", "Generator"}));
    EXPECT_EQ(alert.links[1], (domain::Link{"https://r.example/l", "Runbook"}));
    EXPECT_EQ(
        alert.details,
        R"({"annotations":{"description":"slow","runbook_url":"https://r.example/l","summary":"p99 above 800 ms"}})");
    EXPECT_EQ(alert.integration, "am");
    EXPECT_EQ(alert.received_at, kNow);
}

TEST(Alertmanager, IdentifiesTheInstanceAsAlertmanagerDoes)
{
    // The fingerprints that Alertmanager 0.25 itself gave for these label sets.
    const auto plain = alert_of(R"({"labels":{"alertname":"HighLatency"}})");
    EXPECT_EQ(plain.instance_key, std::string("am:") + kId + ":73dbeed5635ea4e4");
    EXPECT_EQ(plain.dedup_key, std::string("alertmanager:") + kId + ":73dbeed5635ea4e4");
    const auto two = alert_of(R"({"labels":{"job":"api","alertname":"Größe","x":""}})");
    EXPECT_EQ(two.instance_key, std::string("am:") + kId + ":1fc98cf0803d7dfc");
}

TEST(Alertmanager, IdentityIsOfLabelsAndIntegrationOnly)
{
    const auto key = alert_of(R"({"labels":{"a":"b","c":"d"}})").instance_key;
    EXPECT_EQ(key,
              alert_of(R"({"labels":{"c":"d","a":"b"},"annotations":{"summary":"x"},"endsAt":"2026-11-23T05:00:00Z"})")
                  .instance_key);
    EXPECT_NE(key, alert_of(R"({"labels":{"a":"bc","":"","c":"d"}})").instance_key);
    const auto other = parse_alertmanager(R"([{"labels":{"a":"b","c":"d"}}])",
                                          {IntegrationId(Uuid::from_words(1, 3)), "am", kNow}, {}, kResolveTimeout);
    EXPECT_NE(key, std::get<Alert>(other->front()).instance_key);
    EXPECT_NE(alert_of(R"({"labels":{"a":"b","c":"d"}})").dedup_key, std::get<Alert>(other->front()).dedup_key);
}

struct Times {
    std::string given;  // members beside the labels
    AlertStatus status;
    std::string starts_at;
    std::string ends_at;
};

TEST(Alertmanager, FillsInTimes)
{
    const std::string zero = "0001-01-01T00:00:00Z";
    for (const auto& times :
         {Times{"", AlertStatus::firing, "06:00:00.000", "06:05:00.000"},
          Times{R"(,"startsAt":null,"endsAt":null)", AlertStatus::firing, "06:00:00.000", "06:05:00.000"},
          Times{",\"startsAt\":\"" + zero + "\",\"endsAt\":\"" + zero + "\"", AlertStatus::firing, "06:00:00.000",
                "06:05:00.000"},
          Times{R"(,"startsAt":"2026-11-23T05:00:00Z")", AlertStatus::firing, "05:00:00.000", "06:05:00.000"},
          Times{R"(,"startsAt":"2026-11-23T05:00:00Z","endsAt":"2026-11-23T06:00:00.001Z")", AlertStatus::firing,
                "05:00:00.000", "06:00:00.001"},
          Times{R"(,"startsAt":"2026-11-23T05:00:00Z","endsAt":"2026-11-23T06:00:00Z")", AlertStatus::resolved,
                "05:00:00.000", "06:00:00.000"},
          Times{R"(,"endsAt":"2026-11-23T05:30:00Z")", AlertStatus::resolved, "05:30:00.000", "05:30:00.000"},
          Times{R"(,"endsAt":"2026-11-23T06:30:00Z")", AlertStatus::firing, "06:00:00.000", "06:30:00.000"}}) {
        const auto alert = alert_of(R"({"labels":{"a":"b"})" + times.given + "}");
        EXPECT_EQ(alert.status, times.status) << times.given;
        EXPECT_EQ(format_rfc3339(*alert.starts_at), "2026-11-23T" + times.starts_at + "Z") << times.given;
        EXPECT_EQ(format_rfc3339(*alert.ends_at), "2026-11-23T" + times.ends_at + "Z") << times.given;
    }
}

TEST(Alertmanager, FindsATitle)
{
    const auto title = [](const std::string& labels, const std::string& annotations) {
        return alert_of("{\"labels\":{" + labels + "},\"annotations\":{" + annotations + "}}").title;
    };
    const std::string named = R"("alertname":"Down","instance":"db-7")";
    EXPECT_EQ(title(named, R"("summary":"s","title":"t","message":"m")"), "s");
    EXPECT_EQ(title(named, R"("title":"t","message":"m")"), "t");
    EXPECT_EQ(title(named, R"("summary":"","message":"m")"), "m");
    EXPECT_EQ(title(named, ""), "Down db-7");
    EXPECT_EQ(title(R"("alertname":"Down")", ""), "Down");
    EXPECT_EQ(title(R"("instance":"db-7")", ""), "db-7");
    EXPECT_EQ(title(R"("b":"2","a":"1")", ""), "a=1, b=2");
}

TEST(Alertmanager, ShortensWhatItsSenderCannot)
{
    std::string wide;
    for (int i = 0; i < 1'025; ++i) wide += "é";
    const auto alert =
        alert_of(R"({"labels":{"alertname":")" + wide + R"("},"annotations":{"summary":")" + wide + "\"}}");
    EXPECT_EQ(count_code_points(alert.title), 1'024U);
    EXPECT_THAT(alert.title, testing::EndsWith("é…"));
    EXPECT_EQ(count_code_points(alert.class_name), 1'024U);
    EXPECT_EQ(*alert.labels.find("alertname"), wide);
    EXPECT_THAT(alert.details, testing::HasSubstr(wide));
    EXPECT_EQ(
        alert_of(R"({"labels":{"a":"b"},"annotations":{"summary":")" + std::string(1'024, 'x') + "\"}}").title.back(),
        'x');
}

TEST(Alertmanager, LosesNothing)
{
    EXPECT_EQ(alert_of(R"({"labels":{"a":"b"},"generatorURL":"not a link","status":{"state":"active"}})").details,
              R"({"status":{"state":"active"},"generatorURL":"not a link"})");
    EXPECT_EQ(alert_of(R"({"labels":{"a":"b","severity":"whatever"}})").severity, domain::Severity::warning);
    EXPECT_EQ(alert_of(R"({"labels":{"a":"b"},"generatorURL":""})").details, "{}");
}

TEST(Alertmanager, SeveritiesAreReadThroughBlanksAndHyphens)
{
    for (const auto* word : {"critical ", "Sev-1", "\tP 1", "CRITICAL"}) {
        const auto alert = alert_of(R"({"labels":{"severity":)" + nlohmann::json(word).dump() + "}}");
        EXPECT_EQ(alert.severity, domain::Severity::critical) << word;
        EXPECT_TRUE(alert.warnings.empty()) << word;
        EXPECT_EQ(*alert.labels.find("severity"), word) << "the label stays as it was sent";
    }
    const auto odd = alert_of(R"({"labels":{"severity":"critcal"}})");
    EXPECT_EQ(odd.severity, domain::Severity::warning);
    ASSERT_EQ(odd.warnings.size(), 1U);
    EXPECT_THAT(odd.warnings[0].detail, testing::HasSubstr("did you mean \"critical\"?"));
}

TEST(Alertmanager, RefusesOnlyWhatSaysNothing)
{
    EXPECT_EQ(refused_at("{}"), "/0/labels");
    EXPECT_EQ(refused_at(R"({"labels":{}})"), "/0/labels");
    EXPECT_EQ(refused_at(R"({"labels":null})"), "/0/labels");
    EXPECT_EQ(refused_at(R"({"labels":{"a":""}})"), "/0/labels");
    EXPECT_EQ(refused_at(R"({"labels":[],"annotations":[]})"), "/0/labels");
    EXPECT_EQ(refused_at("7"), "/0");
}

struct Odd {
    std::string alert;
    std::vector<std::string> warnings;  // "code pointer"
    std::string details;                // "" : does not matter
};

TEST(Alertmanager, TakesWhatItCanOfAnOddAlert)
{
    for (const auto& [alert, warnings, details] : std::vector<Odd>{
             {R"({"labels":{"a":"b","c":{"d":1}}})", {"moved /0/labels/c"}, R"({"labels":{"c":{"d":1}}})"},
             {R"({"labels":{"a":"b","a":"c"}})", {"repeated /0/labels/a"}, R"({"labels":{"a":"c"}})"},
             {R"({"labels":{"a":"b\u0000"}})", {"replaced /0/labels/a"}, "{}"},
             {R"({"labels":{"a":"b"},"annotations":["x"]})", {"moved /0/annotations"}, R"({"annotations":["x"]})"},
             {R"({"labels":{"a":"b"},"startsAt":"soon"})", {"left_out /0/startsAt"}, "{}"},
             {R"({"labels":{"a":"b"},"startsAt":""})", {"left_out /0/startsAt"}, "{}"},
             {R"({"labels":{"a":"b"},"startsAt":{}})", {"left_out /0/startsAt"}, "{}"},
             {R"({"labels":{"a":"b"},"startsAt":"1970-01-01T00:00:00Z"})", {"left_out /0/startsAt"}, "{}"},
             {R"({"labels":{"a":"b"},"startsAt":1795410000})", {"replaced /0/startsAt"}, "{}"},
             {R"({"labels":{"a":"b"},"startsAt":"2026-11-23T14:00:00+0900"})", {"replaced /0/startsAt"}, "{}"},
             {R"({"labels":{"a":"b"},"endsAt":"9999-12-31T23:59:59Z"})", {"clamped /0/endsAt"}, "{}"},
             {R"({"labels":{"a":"b"},"endsAt":"1970-01-01T00:00:00Z"})", {"left_out /0/endsAt"}, "{}"},
             {R"({"labels":{"a":"b"},"startsAt":"2026-11-23T05:00:00Z","endsAt":"2026-11-23T04:00:00Z"})",
              {"clamped /0/startsAt"},
              "{}"},
             {R"({"labels":{"a":"b"},"generatorURL":7})", {}, R"({"generatorURL":"7"})"},
             {R"({"labels":{"a":"b"},"generatorURL":{"u":1}})",
              {"moved /0/generatorURL"},
              R"({"generatorURL":{"u":1}})"},
             {R"({"labels":{"severity":"dreadful"}})", {"unknown_word /0/labels/severity"}, "{}"},
             {R"({"labels":{},"annotations":{"summary":"s"}})", {"left_out /0/labels"}, ""},
             {R"({"labels":{},"annotations":{"foo":"s"}})", {"left_out /0/labels"}, ""},
             {R"({"labels":{")" + std::string(300, 'n') + R"(":"v"}})",
              {"moved /0/labels/" + std::string(300, 'n')},
              ""}}) {
        const auto taken = alert_of(alert);
        std::vector<std::string> given;
        for (const auto& warning : taken.warnings) given.push_back(warning.code + " " + warning.pointer);
        EXPECT_EQ(given, warnings) << alert;
        EXPECT_FALSE(taken.title.empty()) << alert;
        EXPECT_FALSE(taken.dedup_key.empty()) << alert;
        if (!details.empty()) EXPECT_EQ(taken.details, details) << alert;
    }
}

TEST(Alertmanager, OfTooManyLabelsTheChiefOnesStayAndAllOfThemIdentify)
{
    const auto with = [](const std::string& last) {
        std::string labels;
        for (int i = 0; i < 69; ++i) labels += "\"aaa" + std::to_string(i) + R"(":"v",)";
        return R"({"labels":{)" + labels + R"("alertname":"Down","severity":"critical","z":")" + last + "\"}}";
    };
    const auto alert = alert_of(with("1"));
    EXPECT_EQ(alert.labels.size(), 64U);
    EXPECT_EQ(*alert.labels.find("alertname"), "Down");
    EXPECT_EQ(alert.severity, domain::Severity::critical);
    EXPECT_EQ(alert.title, "Down");
    EXPECT_THAT(alert.details, testing::HasSubstr(R"("z":"1")"));
    ASSERT_EQ(alert.warnings.size(), 1U);
    EXPECT_EQ(alert.warnings[0].pointer, "/0/labels");
    EXPECT_NE(alert.dedup_key, alert_of(with("2")).dedup_key);

    const std::string value(4'097, 'v');
    const auto cut = alert_of(R"({"labels":{"a":")" + value + R"("}})");
    EXPECT_EQ(count_code_points(*cut.labels.find("a")), 4'096U);
    EXPECT_EQ(cut.details, R"({"labels":{"a":")" + value + R"("}})");
    EXPECT_NE(cut.dedup_key, alert_of(R"({"labels":{"a":")" + value + R"(w"}})").dedup_key);
}

TEST(Alertmanager, ALongAnnotationDoesNotCostTheAlert)
{
    const auto alert = alert_of(R"({"labels":{"a":"b"},"annotations":{"summary":"s","description":")" +
                                std::string(200'000, 'd') + R"(","other":")" + std::string(100'000, 'o') + "\"}}");
    EXPECT_EQ(alert.title, "s");
    EXPECT_EQ(count_code_points(alert.description), 16'384U);
    EXPECT_LE(alert.details.size() + alert.description.size(), 65'536U);
    ASSERT_EQ(alert.warnings.size(), 1U);
    EXPECT_EQ(alert.warnings[0].code, "cut");
    EXPECT_EQ(alert.warnings[0].pointer, "/0");
}

TEST(Alertmanager, TakesFiftyThousandAlertsAndNoMore)
{
    const auto of = [](int count) {
        std::string body = "[";
        for (int i = 0; i < count; ++i)
            body += (i == 0 ? "" : ",") + (R"({"labels":{"n":")" + std::to_string(i) + "\"}}");
        return body + "]";
    };
    EXPECT_EQ(parse(of(50'000))->size(), 50'000U);
    EXPECT_EQ(parse(of(50'001)).error().code(), ErrorCode::too_large);
    const auto padded = [](std::size_t bytes) {
        const std::string alert = R"([{"labels":{"a":"b"}}])";
        return alert + std::string(bytes - alert.size(), ' ');
    };
    EXPECT_TRUE(parse(padded(16U << 20U)).has_value());
    EXPECT_EQ(parse(padded((16U << 20U) + 1)).error().code(), ErrorCode::too_large);
}

TEST(Alertmanager, AByteOrderMarkCostsNothing)
{
    const auto batch = parse("\xEF\xBB\xBF[{\"labels\":{\"a\":\"b\"}}]");
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->size(), 1U);
    EXPECT_TRUE(parse("\xEF\xBB\xBF[]"));
}

TEST(Alertmanager, ALabelWithoutANameIsSaidToHaveNone)
{
    const auto unnamed = alert_of(R"({"labels":{"alertname":"E","":"x"}})");
    ASSERT_EQ(unnamed.warnings.size(), 1U);
    EXPECT_EQ(unnamed.warnings[0].detail, "has no name and was moved to details");
}

TEST(Alertmanager, AnEmptyPushIsNoError)
{
    const auto batch = parse(" [ ] ");
    ASSERT_TRUE(batch.has_value());
    EXPECT_TRUE(batch->empty());
}

TEST(Alertmanager, KeepsTheGoodOnesOfABadBatch)
{
    const auto batch = parse(R"([{"labels":{"a":"b"}},{"labels":{}},{"labels":{"c":"d"}}])");
    ASSERT_TRUE(batch.has_value());
    ASSERT_EQ(batch->size(), 3U);
    EXPECT_TRUE(std::holds_alternative<Alert>((*batch)[0]));
    EXPECT_EQ(std::get<FieldError>((*batch)[1]).pointer, "/1/labels");
    EXPECT_TRUE(std::holds_alternative<Alert>((*batch)[2]));
}

TEST(Alertmanager, RefusesBodiesThatAreNoArrayOfAlerts)
{
    for (const auto* body : {"", "{}", R"({"labels":{"a":"b"}})", "null", "[{]", R"([{"labels":{"a":"b"}},])", "7"}) {
        const auto batch = parse(body);
        ASSERT_FALSE(batch.has_value()) << body;
        EXPECT_EQ(batch.error().code(), ErrorCode::invalid_argument) << body;
    }
}

}  // namespace winnow::intake
