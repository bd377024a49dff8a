/// @file
/// The webhooks of Alertmanager (version 4; the body is one that Debian's Alertmanager 0.25 sent) and of Grafana (by
/// its documentation and source: grafana/alerting, receivers/webhook), and bodies that came to the native door by
/// mistake.

#include "winnow/intake/formats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace winnow::intake {

namespace {

using domain::Alert;
using domain::AlertStatus;

const Timestamp kNow = *parse_rfc3339("2026-11-26T15:50:00Z");
constexpr const char* kId = "00000000-0000-0001-0000-000000000002";

Result<Batch> parse(const std::string& body, WebhookSender sender = WebhookSender::alertmanager)
{
    return parse_webhook(sender, body, {IntegrationId(Uuid::from_words(1, 2)), "hook", kNow}, {});
}

Alert first_of(const Result<Batch>& batch, std::size_t index = 0)
{
    if (!batch || batch->size() <= index || !std::holds_alternative<Alert>((*batch)[index])) {
        ADD_FAILURE() << (batch ? "refused" : batch.error().message());
        return {};
    }
    return std::get<Alert>((*batch)[index]);
}

const std::string kAlertmanager =
    R"({"receiver":"winnow","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"DiskFull","instance":"db-7:9100","severity":"critical"},"annotations":{"summary":"disk full on db-7"},"startsAt":"2026-11-26T15:49:44Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://p.example/graph?g0.expr=x","fingerprint":"8486ae1634218161"},{"status":"resolved","labels":{"alertname":"Down","instance":"db-8"},"annotations":{},"startsAt":"2026-11-26T15:49:44Z","endsAt":"2026-11-26T15:49:48Z","generatorURL":"","fingerprint":"9724f6e226ddab78"}],"groupLabels":{},"commonLabels":{},"commonAnnotations":{},"externalURL":"http://am.example:9093","version":"4","groupKey":"{}:{}","truncatedAlerts":0})";

const std::string kGrafana =
    R"({"receiver":"winnow","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"High load","grafana_folder":"Hosts","severity":"warning"},"annotations":{"summary":"load above 8"},"startsAt":"2026-11-26T15:49:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"https://grafana.example/alerting/grafana/abc/view?orgId=1","fingerprint":"9a8b7c6d5e4f3a2b","silenceURL":"https://grafana.example/alerting/silence/new?x=1","dashboardURL":"https://grafana.example/d/abc","panelURL":"https://grafana.example/d/abc?viewPanel=2","values":{"A":9.5,"C":1},"valueString":"[ var='A' value=9.5 ]","imageURL":"not a link","orgId":1}],"groupLabels":{"alertname":"High load"},"commonLabels":{},"commonAnnotations":{},"externalURL":"https://grafana.example/","version":"1","groupKey":"{}:{alertname=\"High load\"}","truncatedAlerts":3,"orgId":1,"title":"[FIRING:1] High load","state":"alerting","message":"**Firing**"})";

}  // namespace

TEST(Webhook, TakesEachAlertOfAlertmanagersBody)
{
    const auto batch = parse(kAlertmanager);
    const auto firing = first_of(batch, 0);
    EXPECT_EQ(firing.title, "disk full on db-7");
    EXPECT_EQ(firing.status, AlertStatus::firing);
    EXPECT_EQ(firing.severity, domain::Severity::critical);
    EXPECT_EQ(firing.source, "db-7:9100");
    EXPECT_EQ(firing.instance_key, std::string("am:") + kId + ":8486ae1634218161");
    EXPECT_EQ(firing.dedup_key, std::string("alertmanager:") + kId + ":8486ae1634218161");
    EXPECT_EQ(format_rfc3339(*firing.starts_at), "2026-11-26T15:49:44.000Z");
    EXPECT_EQ(firing.ends_at, std::nullopt) << "it is sent once: nothing may end it but its own end";
    EXPECT_EQ(firing.links, (std::vector<domain::Link>{{"http://p.example/graph?g0.expr=x", "Generator"}}));
    EXPECT_TRUE(firing.warnings.empty());
    // Its own count of the labels gives the same fingerprint: both doors mean the same alert.
    const auto direct =
        parse_alertmanager(R"([{"labels":{"alertname":"DiskFull","instance":"db-7:9100","severity":"critical"}}])",
                           {IntegrationId(Uuid::from_words(1, 2)), "hook", kNow}, {}, std::chrono::minutes{5});
    EXPECT_EQ(std::get<Alert>(direct->front()).instance_key, firing.instance_key);
    const auto resolved = first_of(batch, 1);
    EXPECT_EQ(resolved.title, "Down db-8");
    EXPECT_EQ(resolved.status, AlertStatus::resolved);
    EXPECT_EQ(format_rfc3339(*resolved.ends_at), "2026-11-26T15:49:48.000Z");
}

TEST(Webhook, TakesGrafanasBody)
{
    const auto alert = first_of(parse(kGrafana, WebhookSender::grafana));
    EXPECT_EQ(alert.title, "load above 8");
    EXPECT_EQ(alert.class_name, "High load");
    EXPECT_EQ(alert.severity, domain::Severity::warning);
    EXPECT_EQ(alert.dedup_key, std::string("grafana:") + kId + ":9a8b7c6d5e4f3a2b");
    EXPECT_EQ(alert.ends_at, std::nullopt);
    EXPECT_EQ(alert.links,
              (std::vector<domain::Link>{{"https://grafana.example/alerting/grafana/abc/view?orgId=1", "Generator"},
                                         {"https://grafana.example/d/abc", "Dashboard"},
                                         {"https://grafana.example/d/abc?viewPanel=2", "Panel"},
                                         {"https://grafana.example/alerting/silence/new?x=1", "Silence"}}));
    EXPECT_EQ(
        alert.details,
        R"({"values":{"A":9.5,"C":1},"valueString":"[ var='A' value=9.5 ]","orgId":1,"imageURL":"not a link","annotations":{"summary":"load above 8"}})");
    ASSERT_EQ(alert.warnings.size(), 1U);
    EXPECT_EQ(alert.warnings[0].pointer, "/truncatedAlerts");
    EXPECT_THAT(alert.warnings[0].detail, testing::HasSubstr("3 more"));
}

TEST(Webhook, StatusDecidesAndAnEndAheadDoesNotEndWhatFires)
{
    const auto with = [](const std::string& members) {
        return first_of(parse(R"({"alerts":[{"labels":{"a":"b"},)" + members + "}]}"));
    };
    EXPECT_EQ(with(R"("status":"firing","endsAt":"2026-11-26T16:05:00Z")").ends_at, std::nullopt);
    EXPECT_EQ(with(R"("status":"firing","endsAt":"2026-11-26T15:05:00Z")").status, AlertStatus::firing);
    const auto resolved = with(R"("status":"resolved")");
    EXPECT_EQ(resolved.status, AlertStatus::resolved);
    EXPECT_EQ(resolved.ends_at, kNow);
    EXPECT_EQ(with(R"("endsAt":"2026-11-26T15:05:00Z")").status, AlertStatus::resolved);
    EXPECT_EQ(with(R"("status":" Resolved ")").status, AlertStatus::resolved);
    EXPECT_EQ(with(R"("status":"unfixed")").status, AlertStatus::firing);
    EXPECT_EQ(with(R"("status":"odd")").status, AlertStatus::firing);
    EXPECT_EQ(with(R"("status":"odd")").warnings.size(), 1U);
}

TEST(Webhook, WithoutAFingerprintTheLabelsIdentify)
{
    const auto same = first_of(parse(R"({"alerts":[{"labels":{"alertname":"HighLatency"}}]})"));
    EXPECT_EQ(same.dedup_key, std::string("alertmanager:") + kId + ":73dbeed5635ea4e4");
    const auto odd = first_of(parse(R"({"alerts":[{"labels":{"alertname":"HighLatency"},"fingerprint":"a b"}]})"));
    EXPECT_EQ(odd.dedup_key, same.dedup_key);
    EXPECT_EQ(odd.details, R"({"fingerprint":"a b"})");
}

TEST(Webhook, AByteOrderMarkCostsNothing)
{
    for (const auto sender : {WebhookSender::alertmanager, WebhookSender::grafana}) {
        const auto alert = first_of(parse("\xEF\xBB\xBF{\"alerts\":[{\"labels\":{\"a\":\"b\"}}]}", sender));
        EXPECT_EQ(alert.title, "a=b");
    }
}

TEST(Webhook, RefusesWhatHoldsNoAlerts)
{
    for (const auto* body : {"", "[]", "{}", R"({"alerts":{}})", R"({"status":"firing"})", "7", R"({"alerts":[})"}) {
        const auto batch = parse(body);
        ASSERT_FALSE(batch.has_value()) << body;
        EXPECT_EQ(batch.error().code(), ErrorCode::invalid_argument) << body;
    }
    EXPECT_TRUE(parse(R"({"alerts":[]})")->empty());
    EXPECT_EQ(parse(R"({"alerts":[{"labels":{"a":"b"}},{"labels":{}}]})")->size(), 2U);
}

TEST(ForeignBody, IsRecognised)
{
    const auto says = [](const std::string& body) {
        return recognise_foreign(body);
    };
    EXPECT_THAT(says(kAlertmanager), testing::HasSubstr("/am/webhook"));
    EXPECT_THAT(says(kGrafana), testing::HasSubstr("/grafana"));
    EXPECT_THAT(says(R"([{"labels":{"a":"b"},"annotations":{}}])"), testing::HasSubstr("/am/api/v2/alerts"));
    EXPECT_THAT(says(R"({"labels":{"a":"b"},"startsAt":"x"})"), testing::HasSubstr("/am/api/v2/alerts"));
    EXPECT_THAT(says(R"({"routing_key":"k","event_action":"trigger","payload":{}})"), testing::HasSubstr("PagerDuty"));
    EXPECT_THAT(says(R"({"service_key":"k","event_type":"trigger"})"), testing::HasSubstr("PagerDuty"));
    EXPECT_THAT(says(R"({"message":"m","alias":"a"})"), testing::HasSubstr("Opsgenie"));
    EXPECT_THAT(says(R"({"message":"m","priority":"P1"})"), testing::HasSubstr("Opsgenie"));
    EXPECT_THAT(says(R"({"specversion":"1.0","id":"1","source":"s","type":"t"})"), testing::HasSubstr("CloudEvent"));
    EXPECT_THAT(says(R"({"Type":"Notification","MessageId":"1","TopicArn":"a"})"), testing::HasSubstr("SNS"));
    EXPECT_THAT(says(R"({"AlarmName":"a","NewStateValue":"ALARM"})"), testing::HasSubstr("CloudWatch"));
    EXPECT_THAT(says(R"({"resource":"r","event":"e","environment":"p"})"), testing::HasSubstr("Alerta"));
    for (const auto* unknown : {"", "7", "[]", "[7]", "{}", R"({"foo":1})", R"({"title":7})", "{nope"}) {
        EXPECT_EQ(says(unknown), "") << unknown;
    }
}

TEST(Webhook, SaysWhatItsSenderLeftOutInFewWordsWhateverStandsThere)
{
    const auto warned = [](const std::string& left_out) {
        const auto batch = parse(R"({"alerts":[{"labels":{"alertname":"A"}}],"truncatedAlerts":)" + left_out + "}");
        const auto alert = first_of(batch);
        return alert.warnings.empty() ? std::string() : alert.warnings.back().detail;
    };
    EXPECT_THAT(warned("7"), testing::HasSubstr("left out 7 more"));
    EXPECT_EQ(warned("0"), "");
    const auto odd = warned(R"(["é)" + std::string(100'000, 'x') + R"("])");
    EXPECT_THAT(odd, testing::HasSubstr("xxx"));
    EXPECT_LE(odd.size(), 200U);
}

TEST(Webhook, AlertsInSeveralMembersAreAllTaken)
{
    const std::string a = R"([{"labels":{"alertname":"A"}}])";
    const std::string b = R"([{"labels":{}},{"labels":{"alertname":"B"}}])";
    for (const auto* second : {"alerts", "Alerts"}) {
        const auto batch = parse(R"({"alerts":)" + a + ",\"" + second + "\":" + b + "}");
        ASSERT_TRUE(batch);
        ASSERT_EQ(batch->size(), 3U);
        EXPECT_EQ(first_of(batch, 0).title, "A");
        EXPECT_EQ(std::get<FieldError>((*batch)[1]).pointer, "/" + std::string(second) + "/0/labels");
        EXPECT_EQ(first_of(batch, 2).title, "B");
    }
    EXPECT_EQ(first_of(parse(R"({"ALERTS":)" + a + "}")).title, "A");
    EXPECT_EQ(first_of(parse(R"({"alerts":null,"alerts":)" + a + "}")).title, "A");
}

// Grafana's own has a title beside its alerts, and they have none.
TEST(Webhook, AtTheNativeDoorIsToldItsOwnDoorWhereverItsTitleStands)
{
    const std::string alerts = R"("alerts":[{"labels":{"alertname":"A"}}],"groupKey":"{}","receiver":"r","orgId":1)";
    for (const auto& body :
         {"{" + alerts + R"(,"title":"[FIRING:1] A"})", R"({"title":"[FIRING:1] A",)" + alerts + "}"}) {
        const auto batch =
            parse_native_json(body, {IntegrationId(Uuid::from_words(1, 2)), "native", kNow}, domain::AlertLimits());
        ASSERT_TRUE(batch);
        EXPECT_EQ(std::get<FieldError>(batch->front()).pointer, "/alerts/0/title") << body;
        EXPECT_THAT(recognise_foreign(body), testing::HasSubstr("/grafana"));
    }
}

}  // namespace winnow::intake
