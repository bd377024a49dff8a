/// @file
/// Values of archives that their columns' types would take, and the API would not.

#include "winnow/forms/archive_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::forms {
namespace {

using domain::FieldKind;
using nlohmann::json;

constexpr std::string_view kNil = "00000000-0000-0000-0000-000000000000";
constexpr std::string_view kOne = "0199c0de-0000-7000-8000-000000000001";

/// What is told of a resource's only line: "field: what is wrong"; "" where nothing is.
std::string wrong(const std::string& resource, std::vector<domain::FieldShape> fields, const json& row)
{
    domain::ArchiveShape shape{.schema = "0065_days_kept",
                               .resources = {{.resource = resource, .fields = std::move(fields)}}};
    ArchiveCheck check(std::move(shape), nullptr);
    check.take(resource + "/000001.ndjson", row.dump() + "\n");
    for (const auto& fault : check.finish("").faults) {
        if (fault.file != "manifest.json") return fault.field + ": " + fault.detail;
    }
    return {};
}

std::string wrong(const std::string& resource, const std::string& field, FieldKind kind, const json& value)
{
    return wrong(resource, {{.name = field, .kind = kind, .may_be_null = true}}, {{field, value}});
}

TEST(ArchiveValues, DaysAreKeptAsSettingsTakeThem)
{
    const auto of = [](const json& days) {
        return wrong("tenant_settings", "retention_days", FieldKind::anything, days);
    };
    EXPECT_EQ(of(json::object()), "");
    EXPECT_EQ(of({{"access_log", 1}, {"tickets", 3'650}}), "");
    const std::vector<json> none{{{"access_log", "x"}},        {{"access_log", 1.5}}, {{"access_log", 1e12}},
                                 {{"access_log", 0}},          {{"access_log", -5}},  {{"access_log", nullptr}},
                                 {{"tickets", 3'651}},         {{"unheard_of", 3}},   {{"journal", 3}},
                                 {{"keys", json::array({1})}}, json::array(),         7};
    for (const auto& days : none) EXPECT_THAT(of(days), testing::StartsWith("retention_days: ")) << days.dump();
}

TEST(ArchiveValues, NumbersLeaveRoomBehindThem)
{
    struct Case {
        std::string resource;
        std::string field;
        FieldKind kind;
        std::int64_t good;
        std::int64_t bad;
    };
    const std::vector<Case> cases{
        {"tickets", "occurrences", FieldKind::big, 7, 9'223'372'036'854'775'807},
        {"tickets", "occurrences", FieldKind::big, 0, -1},
        {"tickets", "number", FieldKind::big, 1, 1'000'000'000'000'001},
        {"tickets", "event_seq", FieldKind::integer, 1'000'000'000, 2'147'483'647},
        {"tickets", "event_seq", FieldKind::integer, 0, -1},
        {"rules", "version", FieldKind::big, 1, 9'223'372'036'854'775'807},
        {"rules", "position", FieldKind::integer, 1, 2'147'483'647},
        {"rule_stats", "matched", FieldKind::big, 1'000'000'000'000'000, 1'000'000'000'000'001},
        {"noise_counts", "received", FieldKind::big, 0, 9'223'372'036'854'775'807},
        {"noise_counts", "ticketed", FieldKind::big, 0, -1},
        {"silences", "end_when_quiet_ms", FieldKind::big, 10'000, 9'223'372'036'854'775'807},
        {"silences", "end_when_quiet_ms", FieldKind::big, 2'678'400'000, 9'999},
        {"maintenance_windows", "duration_ms", FieldKind::big, 60'000, 2'678'400'001},
    };
    for (const auto& [resource, field, kind, good, bad] : cases) {
        EXPECT_EQ(wrong(resource, field, kind, good), "") << resource << "." << field;
        EXPECT_THAT(wrong(resource, field, kind, bad), testing::StartsWith(field + ": must be a whole number"))
            << resource << "." << field;
    }
    EXPECT_EQ(wrong("silences", "end_when_quiet_ms", FieldKind::big, nullptr), "");
    EXPECT_THAT(wrong("ruleset_versions", "rule_versions", FieldKind::bigs, {1, 9'223'372'036'854'775'807}),
                testing::StartsWith("rule_versions: "));
}

TEST(ArchiveValues, LabelsAreTexts)
{
    const auto of_ticket = [](const json& labels) {
        return wrong("tickets", "labels", FieldKind::anything, labels);
    };
    EXPECT_EQ(of_ticket({{"env", "prod"}}), "");
    EXPECT_EQ(of_ticket(json::object()), "");
    const std::vector<json> none{"text", 1, json::array(), {{"a", 1}}, {{"a", nullptr}}, {{"a", {{"b", "c"}}}}};
    for (const auto& labels : none) EXPECT_THAT(of_ticket(labels), testing::StartsWith("labels: ")) << labels.dump();

    const auto of_group = [](const json& labels) {
        return wrong("management_groups", "labels", FieldKind::anything, labels);
    };
    auto many = json::array();
    for (int i = 0; i < 50; ++i) many.push_back(json::array({"name", std::to_string(i)}));
    EXPECT_EQ(of_group(many), "");
    many.push_back(json::array({"name", "value"}));
    EXPECT_THAT(of_group(many), testing::StartsWith("labels: ")) << "one too many";
    EXPECT_THAT(of_group(json::array({json::array({"name", std::string(257, 'x')})})), testing::StartsWith("labels: "));
    EXPECT_THAT(of_group(json::array({json::array({"name", ""})})), testing::StartsWith("labels: "));
    EXPECT_THAT(of_group({{"name", "value"}}), testing::StartsWith("labels: "));
}

TEST(ArchiveValues, ActionsAreThoseThatThereAre)
{
    const auto of = [](const json& actions) {
        return wrong("rules", "actions", FieldKind::anything, actions);
    };
    EXPECT_EQ(of(json::array({{{"type", "suppress"}}})), "");
    const std::vector<json> none{7, "suppress", json::array({7}), json::array({{{"type", "unheard_of"}}})};
    for (const auto& actions : none) EXPECT_THAT(of(actions), testing::StartsWith("actions: ")) << actions.dump();
    EXPECT_THAT(wrong("rules", "schedule", FieldKind::anything, 7), testing::StartsWith("schedule: "));
}

TEST(ArchiveValues, NamesAndAddressesAreAsFormsTakeThem)
{
    for (const auto* const resource : {"users", "contacts", "rules", "management_groups"}) {
        EXPECT_EQ(wrong(resource, "name", FieldKind::text, "Night shift"), "") << resource;
        for (const auto* const name : {"", "Eve\r\nBcc: x@example.org", "a\tb", "\x01", "  "}) {
            EXPECT_THAT(wrong(resource, "name", FieldKind::text, name), testing::StartsWith("name: ")) << resource;
        }
    }
    EXPECT_EQ(wrong("access_keys", "name", FieldKind::text, ""), "") << "keys may have none";
    EXPECT_THAT(wrong("access_keys", "name", FieldKind::text, "a\nb"), testing::StartsWith("name: "));
    EXPECT_EQ(wrong("users", "email", FieldKind::text, "ops@example.org"), "");
    for (const auto* const email : {"nobody", "\xE2\x80\xAE@example.org", "a@example.org\r\nBcc: b@example.org"}) {
        EXPECT_THAT(wrong("users", "email", FieldKind::text, email), testing::StartsWith("email: "));
    }
}

TEST(ArchiveValues, NobodyIsNarrowedToWhatStandsForSeveralGroups)
{
    const auto of = [](const json& ids) {
        return wrong("users", "management_group_ids", FieldKind::uuids, ids);
    };
    EXPECT_EQ(of(json::array({kOne})), "");
    EXPECT_EQ(of(nullptr), "");
    EXPECT_THAT(of(json::array({kOne, kNil})), testing::StartsWith("management_group_ids: "));
    EXPECT_THAT(wrong("management_groups", "management_group_id", FieldKind::uuid, kNil),
                testing::StartsWith("management_group_id: "));
    EXPECT_EQ(wrong("tickets", "management_group_id", FieldKind::uuid, kNil), "") << "a ticket may be of several";
}

TEST(ArchiveValues, WhoSeesAllIsNotNarrowed)
{
    const auto of = [](const std::string& role, bool audits, const json& groups) {
        return wrong("users",
                     {{.name = "role", .kind = FieldKind::text},
                      {.name = "audits", .kind = FieldKind::truth},
                      {.name = "management_group_ids", .kind = FieldKind::uuids, .may_be_null = true}},
                     {{"role", role}, {"audits", audits}, {"management_group_ids", groups}});
    };
    const auto groups = json::array({kOne});
    EXPECT_EQ(of("operator", false, groups), "");
    EXPECT_EQ(of("viewer", false, groups), "");
    EXPECT_EQ(of("admin", false, nullptr), "");
    EXPECT_THAT(of("admin", false, groups), testing::StartsWith("management_group_ids: "));
    EXPECT_THAT(of("auditor", false, groups), testing::StartsWith("management_group_ids: "));
    EXPECT_THAT(of("viewer", true, groups), testing::StartsWith("management_group_ids: "));
}

}  // namespace
}  // namespace winnow::forms
