#include "native_alerts.hpp"

#include <gmock/gmock.h>

#include <ostream>

namespace winnow::intake {

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
        FieldCase{R"({"title":"x","source":1})", "/source"}, FieldCase{R"({"title":"x","class":[]})", "/class"},
        FieldCase{R"({"title":"x","severity":4})", "/severity"}, FieldCase{R"({"title":"x","status":1})", "/status"},
        FieldCase{R"({"title":"x","labels":[]})", "/labels"}, FieldCase{R"({"title":"x","labels":"a=b"})", "/labels"},
        FieldCase{R"({"title":"x","labels":{"a":{"b":"c"}}})", "/labels/a"},
        FieldCase{R"({"title":"x","labels":{"a":["b"]}})", "/labels/a"},
        FieldCase{R"({"title":"x","labels":{"a/b~c":{}}})", "/labels/a~1b~0c"},
        FieldCase{R"({"title":"x","starts_at":1700000000})", "/starts_at"},
        FieldCase{R"({"title":"x","links":{}})", "/links"},
        FieldCase{R"({"title":"x","links":["https://x"]})", "/links/0"},
        FieldCase{R"({"title":"x","links":[{"href":"https://a"},{"href":"https://b","text":1}]})", "/links/1/text"}));

TEST(NativeAlert, TheFirstBrokenRuleIsNamed)
{
    EXPECT_EQ(refused_at(R"({"source":1,"title":""})"), "/source");
}

TEST(NativeAlert, MisspeltFieldsAreNamed)
{
    const auto alert = alert_of(R"({"title":"x","severty":"critical","lables":{"a":"b"},"dedupkey":"k","host":"h"})");
    ASSERT_EQ(alert.warnings.size(), 3U);
    EXPECT_EQ(alert.warnings[0].pointer, "/severty");
    EXPECT_EQ(alert.warnings[0].code, "unknown_field");
    EXPECT_THAT(alert.warnings[0].detail, testing::HasSubstr("did you mean \"severity\"?"));
    EXPECT_THAT(alert.warnings[1].detail, testing::HasSubstr("did you mean \"labels\"?"));
    EXPECT_THAT(alert.warnings[2].detail, testing::HasSubstr("did you mean \"dedup_key\"?"));
    EXPECT_EQ(alert.details, R"({"severty":"critical","lables":{"a":"b"},"dedupkey":"k","host":"h"})");
    const auto refused = parse(R"({"titel":"x"})");
    EXPECT_THAT(std::get<FieldError>(refused->front()).detail, testing::HasSubstr("did you mean it by \"titel\"?"));
}

TEST(NativeAlert, ATitleIsOneLine)
{
    const auto title = [](const std::string& text) {
        return alert_of(R"({"title":)" + quoted(text) + "}").title;
    };
    for (const auto* text : {"disk full\n", " disk full", "disk\r\nfull", "disk \t full",
                             "disk\xE2\x80\xA8"
                             "full",
                             "disk\xC2\x85"
                             "full",
                             "disk\x7F"
                             "full"}) {
        EXPECT_EQ(title(text), "disk full") << text;
        EXPECT_THAT(warned(R"({"title":)" + quoted(text) + "}"), testing::ElementsAre("replaced /title")) << text;
    }
    for (const auto* text : {"disk full", "ディスク\xE3\x80\x80満杯", "x", "naïve – café",
                             "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80"}) {
        EXPECT_EQ(title(text), text);
        EXPECT_THAT(warned(R"({"title":)" + quoted(text) + "}"), testing::IsEmpty()) << text;
    }
    // What is cut is what is read.
    EXPECT_EQ(title(std::string(2'000, '\n') + "disk full"), "disk full");
    EXPECT_THAT(warned(R"({"title":")" + std::string(1'025, 'x') + "\"}"), testing::ElementsAre("cut /title"));
}

TEST(NativeAlert, ATitleThatShowsNothingIsNone)
{
    for (const auto* text :
         {" ", "\n", "\t \r\n", "\xC2\xA0", "\xE2\x80\x8B\xE2\x80\x8D", "\xEF\xBB\xBF", "\xE3\x80\x80", "\xC2\xAD",
          "\xE2\x80\xAE", "\xE3\x85\xA4", "\xF3\xA0\x80\xA0", "\xE2\xA0\x80", "\xEF\xB8\x8F"}) {
        EXPECT_EQ(refused_at(R"({"title":)" + quoted(text) + "}"), "/title") << quoted(text);
    }
    const auto blank = parse(R"({"title":" "})");
    EXPECT_THAT(std::get<FieldError>(blank->front()).detail, testing::HasSubstr("nothing of what stands there can be"));
}

TEST(NativeAlert, StatusTakesSendersWords)
{
    const auto status = [](const std::string& word) {
        return alert_of(R"({"title":"x","status":")" + word + "\"}").status;
    };
    for (const auto* word : {"OK", "up", "Resolved", "recovery", "closed"}) {
        EXPECT_EQ(status(word), domain::AlertStatus::resolved) << word;
    }
    for (const auto* word : {"FIRING", "alerting", "Problem", "open"}) {
        EXPECT_EQ(status(word), domain::AlertStatus::firing) << word;
    }
    EXPECT_EQ(status("ACK"), domain::AlertStatus::acknowledged);
    EXPECT_EQ(status("in progress"), domain::AlertStatus::acknowledged);
    EXPECT_THAT(warned(R"({"title":"x","status":"OK"})"), testing::IsEmpty());

    const auto nagios = alert_of(R"({"title":"x","status":"CRITICAL"})");
    EXPECT_EQ(nagios.status, domain::AlertStatus::firing);
    EXPECT_EQ(nagios.severity, domain::Severity::critical);
    EXPECT_EQ(alert_of(R"({"title":"x","status":"CRITICAL","severity":"info"})").severity, domain::Severity::info);

    for (const auto* word : {" OK ", "-ok-", "in-active", "O K"}) {
        EXPECT_EQ(status(word), domain::AlertStatus::resolved) << word;
        EXPECT_THAT(warned(R"({"title":"x","status":")" + std::string(word) + "\"}"), testing::IsEmpty()) << word;
    }
    EXPECT_EQ(status("whatever"), domain::AlertStatus::firing);
    EXPECT_EQ(alert_of(R"({"title":"x","status":"whatever"})").details, R"({"status":"whatever"})");
}

// An operator rather has a ticket too many than one closed by a guess.
TEST(NativeAlert, AStatusThatNobodyKnowsFiresAndIsNeverGuessed)
{
    for (const auto* word : {"resolvd", "un-resolvd", "unfixed", "nonoperational", "food", "no_success",
                             "acknowledge_failed", "not fixed", "unacknowledged", "whatever", " ", "ok…"}) {
        const auto body = R"({"title":"x","status":)" + quoted(word) + "}";
        EXPECT_EQ(alert_of(body).status, domain::AlertStatus::firing) << word;
        EXPECT_THAT(warned(body), testing::ElementsAre("unknown_word /status")) << word;
        EXPECT_EQ(alert_of(body).details, R"({"status":)" + quoted(word) + "}") << word;
    }
    EXPECT_THAT(alert_of(R"({"title":"x","status":"resolvd"})").warnings[0].detail,
                testing::HasSubstr("did you mean \"resolve"));
    for (const auto* word :
         {"broken", "Offline", "crashed", "down", "failed", "lost", "not-healthy", "not resolved", "stopped"}) {
        const auto body = R"({"title":"x","status":)" + quoted(word) + "}";
        EXPECT_EQ(alert_of(body).status, domain::AlertStatus::firing) << word;
    }
    EXPECT_EQ(alert_of(R"({"title":"x","status":"ok)" + std::string(70, ' ') + R"(not"})").status,
              domain::AlertStatus::firing);
}

TEST(NativeAlert, ASeverityThatNobodyKnowsIsTheDefaultAndIsNeverGuessed)
{
    for (const auto* word : {"lower", "critcal", "noncritical", "inform", "not ok", "trivially", "p9", " "}) {
        const auto body = R"({"title":"x","severity":)" + quoted(word) + "}";
        EXPECT_EQ(alert_of(body).severity, domain::Severity::warning) << word;
        EXPECT_EQ(alert_of(body).status, domain::AlertStatus::firing) << word;
        EXPECT_THAT(warned(body), testing::ElementsAre("unknown_word /severity")) << word;
    }
    for (const auto* word : {"Sev-1", " critical ", "P 1", "sev_1", "critical-"}) {
        const auto body = R"({"title":"x","severity":)" + quoted(word) + "}";
        EXPECT_EQ(alert_of(body).severity, domain::Severity::critical) << word;
        EXPECT_THAT(warned(body), testing::IsEmpty()) << word;
    }
}

TEST(NativeAlert, ASeverityThatMeansFineResolves)
{
    for (const auto* word : {"ok", "Normal", "clear", "recovered", "UP"}) {
        const auto alert = alert_of(R"({"title":"x","severity":")" + std::string(word) + "\"}");
        EXPECT_EQ(alert.status, domain::AlertStatus::resolved) << word;
        EXPECT_EQ(alert.severity, domain::Severity::info) << word;
    }
    EXPECT_EQ(alert_of(R"({"title":"x","severity":"none"})").status, domain::AlertStatus::firing);
    EXPECT_EQ(alert_of(R"({"title":"x","severity":"ok","status":"firing"})").status, domain::AlertStatus::firing);
}

TEST(NativeAlert, SeverityTakesSendersWords)
{
    EXPECT_EQ(alert_of(R"({"title":"x","severity":"Major"})").severity, domain::Severity::error);
    EXPECT_EQ(alert_of(R"({"title":"x","severity":"P1"})").severity, domain::Severity::critical);
    EXPECT_EQ(alert_of(R"({"title":"x"})").severity, domain::Severity::warning);
    EXPECT_THAT(alert_of(R"({"title":"x","severity":"critcal"})").warnings[0].detail,
                testing::HasSubstr("did you mean \"critical\"?"));
    EXPECT_THAT(warned(R"({"title":"x","severity":"critcal"})"), testing::ElementsAre("unknown_word /severity"));
    EXPECT_EQ(alert_of(R"({"title":"x","severity":"dreadful"})").severity, domain::Severity::warning);
    EXPECT_EQ(alert_of(R"({"title":"x","severity":"dreadful"})").details, R"({"severity":"dreadful"})");
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
