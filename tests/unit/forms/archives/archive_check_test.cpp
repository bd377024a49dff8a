#include "winnow/forms/archive_check.hpp"

#include "winnow/domain/sha256_hex.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace winnow::forms {
namespace {

using domain::FieldKind;
using domain::ImportFault;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Members = std::vector<std::pair<std::string, std::string>>;

const std::string kOne = "0199c0de-0000-7000-8000-000000000001";
const std::string kTwo = "0199c0de-0000-7000-8000-000000000002";
const std::string kThree = "0199c0de-0000-7000-8000-000000000003";

domain::ArchiveShape shape()
{
    return {
        .schema = "0058_imports",
        .resources = {
            {.resource = "tenants", .fields = {}, .is_imported = false},
            {.resource = "users",
             .fields = {{.name = "user_id", .kind = FieldKind::uuid},
                        {.name = "email", .kind = FieldKind::text},
                        {.name = "seen_at", .kind = FieldKind::time, .may_be_null = true},
                        {.name = "locale", .kind = FieldKind::text, .may_be_absent = true},
                        {.name = "digest", .kind = FieldKind::secret, .may_be_null = true, .may_be_absent = true}},
             .key = {"user_id"}},
            {.resource = "tickets",
             .fields = {{.name = "ticket_id", .kind = FieldKind::uuid},
                        {.name = "number", .kind = FieldKind::big},
                        {.name = "severity", .kind = FieldKind::small},
                        {.name = "assignee", .kind = FieldKind::uuid, .may_be_null = true},
                        {.name = "parent_id", .kind = FieldKind::uuid, .may_be_null = true},
                        {.name = "labels", .kind = FieldKind::anything}},
             .key = {"ticket_id"},
             .references = {{.field = "assignee", .resource = "users"}, {.field = "parent_id", .resource = "tickets"}}},
            {.resource = "ticket_events",
             .fields = {{.name = "ticket_id", .kind = FieldKind::uuid}, {.name = "seq", .kind = FieldKind::integer}},
             .key = {"ticket_id", "seq"},
             .references = {{.field = "ticket_id", .resource = "tickets"}}}}};
}

std::string repeated(const std::string& text, int times)
{
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

std::string user(const std::string& id, const json& more = json::object())
{
    json row{{"user_id", id}, {"email", "a@example.org"}, {"seen_at", nullptr}};
    row.update(more);
    return row.dump() + "\n";
}

std::string ticket(const std::string& id, const json& more = json::object())
{
    json row{{"ticket_id", id},     {"number", 1},          {"severity", 2},
             {"assignee", nullptr}, {"parent_id", nullptr}, {"labels", json::object()}};
    row.update(more);
    return row.dump() + "\n";
}

std::string event(const std::string& ticket, int seq)
{
    return json{{"ticket_id", ticket}, {"seq", seq}}.dump() + "\n";
}

json manifest_of(const Members& files)
{
    json manifest{{"format", "winnow-export/1"},
                  {"tenant", {{"id", kOne}, {"service_code", "acme"}, {"name", "Acme"}}},
                  {"taken_at", "2026-11-28T09:00:00.000Z"},
                  {"schema", "0049_exports"},
                  {"files", json::array()}};
    for (const auto& [name, content] : files) {
        manifest["files"].push_back({{"name", name},
                                     {"rows", std::ranges::count(content, '\n')},
                                     {"bytes", content.size()},
                                     {"sha256", domain::sha256_hex(content)}});
    }
    return manifest;
}

ArchiveVerdict verdict_of(const Members& members, std::size_t most_referred = kMostReferredRows,
                          const std::string& expected = "")
{
    ArchiveCheck check(
        shape(),
        [](std::string_view line, std::string_view day) {
            return line == "bad" ? "is bad on " + std::string(day) : std::string();
        },
        most_referred);
    for (const auto& [name, content] : members) check.take(name, content);
    return check.finish(expected);
}

ArchiveVerdict verdict_with_manifest(const Members& files)
{
    auto members = files;
    members.emplace_back("manifest.json", manifest_of(files).dump());
    return verdict_of(members);
}

/// As people read them.
std::vector<std::string> told(const ArchiveVerdict& verdict)
{
    std::vector<std::string> lines;
    for (const auto& [file, line, field, detail] : verdict.faults) {
        lines.push_back(file + ":" + std::to_string(line) + "/" + field + " " + detail);
    }
    return lines;
}

const Members kWhole{
    {"tenants/000001.ndjson", "{\"whatever\":1}\n"},
    {"users/000001.ndjson", user(kOne) + user(kTwo, {{"seen_at", "2026-11-28T09:00:00.123456+00:00"}})},
    {"users/000002.ndjson", user(kThree)},
    {"tickets/000001.ndjson", ticket(kOne, {{"parent_id", kTwo}}) + ticket(kTwo, {{"assignee", kThree}})},
    {"ticket_events/000001.ndjson", event(kOne, 1) + event(kOne, 2) + event(kTwo, -1)},
    {"alerts/2026-11-27/000001.ndjson", "{}\n"},
    {"alerts/2026-11-28/000001.ndjson", "{}\n{}\n"},
    {"alerts/2026-11-28/000002.ndjson", "{}\n"},
};

TEST(ArchiveCheck, AWholeOneHasNoFaultAndIsCounted)
{
    const auto verdict = verdict_with_manifest(kWhole);
    EXPECT_THAT(told(verdict), IsEmpty());
    EXPECT_EQ(verdict.rows, 3 + 2 + 3 + 4) << "what is not imported does not count";
    EXPECT_THAT(verdict.days, ElementsAre("2026-11-27", "2026-11-28"));
    EXPECT_EQ(verdict.about.service_code, "acme");
    EXPECT_EQ(verdict.about.tenant.str(), kOne);
    EXPECT_EQ(format_rfc3339(verdict.about.taken_at), "2026-11-28T09:00:00.000Z");
}

TEST(ArchiveCheck, WhatIsWrongWithARowIsToldWithItsFileLineAndField)
{
    const std::vector<std::pair<std::string, std::string>> cases{
        {user(kOne, {{"user_id", "x"}}), ":1/user_id must be a UUID"},
        {user(kOne, {{"email", 1}}), ":1/email must be a text"},
        {user(kOne, {{"email", repeated("x", (4 << 20) + 1)}}), ":1/email is longer than 4194304 bytes"},
        {user(kOne, {{repeated("y", 300), 1}}), ":1/" + repeated("y", 100) + " is nothing that this version knows"},
        {user(kOne, {{"email", nullptr}}), ":1/email must not be null"},
        {user(kOne, {{"email", "a@example.org\r\nBcc: b@example.org"}}),
         ":1/email must be one plain mail address such as ops@example.com"},
        {user(kOne, {{"seen_at", "yesterday"}}), ":1/seen_at must be a time as RFC 3339 has it"},
        {user(kOne, {{"tenant_id", kTwo}}),
         ":1/tenant_id rows name no tenant: what is imported is the importing one's"},
        {user(kOne, {{"digest", "x"}}), ":1/digest must be null: secrets are entered again"},
        {user(kOne, {{"secret", "x"}}), ":1/secret is nothing that this version knows"},
        {"{\"user_id\":\"" + kOne + "\"}\n", ":1/email is missing"},
        {"{\n", ":1/ is no JSON in UTF-8"},
        {"\n", ":1/ is no JSON in UTF-8"},
        {"[]\n", ":1/ must be a JSON object"},
        {"\"\xff\"\n", ":1/ is no JSON in UTF-8"},
        {"{\"user_id\":1,\"user_id\":2}\n", ":1/ has a member twice"},
        {R"({"user_id":"\u0000"})"
         "\n",
         ":1/ holds U+0000"},
        {std::string(100, '[') + std::string(100, ']') + "\n", ":1/ is nested deeper than 64 levels"},
        {R"({"user_id":[)" + repeated("[],", 600'000) + "[]]}\n", ":1/ holds more values than any that is exported"},
        {user(kTwo) + user(kTwo), ":2/user_id stands twice"},
        {user(kTwo) + user(kOne), ":2/user_id comes before the line above"},
        {user(kOne) + user(kTwo, {{"locale", "en"}}), ":2/ has other members than"},
        {user(kOne) + "{}", ":0/ does not end with a line feed"},
        {std::string(kMostArchiveLine + 1, 'x') + "\n", ":1/ is longer than 16777216 bytes"},
    };
    for (const auto& [content, wrong] : cases) {
        EXPECT_THAT(told(verdict_with_manifest({{"users/000001.ndjson", content}})),
                    testing::Contains(testing::StartsWith("users/000001.ndjson" + wrong)).Times(1))
            << content.substr(0, 200);
    }
}

TEST(ArchiveCheck, IntegersHaveTheirColumnsRange)
{
    const auto fault_of = [](const json& more) {
        return told(verdict_with_manifest({{"tickets/000001.ndjson", ticket(kOne, more)}}));
    };
    EXPECT_THAT(fault_of({{"severity", 32'767}}), IsEmpty());
    EXPECT_THAT(fault_of({{"severity", -32'768}}), IsEmpty());
    EXPECT_THAT(fault_of({{"number", std::int64_t{1'000'000'000'000'000}}}), IsEmpty());
    for (const json& more : {json{{"severity", 32'768}}, json{{"severity", -32'769}}, json{{"severity", 1.5}},
                             json{{"severity", "1"}}, json{{"number", std::uint64_t{1} << 63U}}}) {
        EXPECT_THAT(fault_of(more), ElementsAre(HasSubstr("must be an integer of"))) << more.dump();
    }
}

TEST(ArchiveCheck, WhatIsReferredToIsThereOrComes)
{
    const auto users = std::pair{std::string("users/000001.ndjson"), user(kOne)};
    EXPECT_THAT(told(verdict_with_manifest({users, {"tickets/000001.ndjson", ticket(kOne, {{"assignee", kTwo}})}})),
                ElementsAre("tickets/000001.ndjson:1/assignee names a row that is not in users"));
    EXPECT_THAT(told(verdict_with_manifest({users, {"tickets/000001.ndjson", ticket(kOne, {{"parent_id", kTwo}})}})),
                ElementsAre("tickets/000001.ndjson:0/parent_id names a row that is not in tickets"));
    EXPECT_THAT(told(verdict_with_manifest({{"ticket_events/000001.ndjson", event(kOne, 1)}})),
                ElementsAre("ticket_events/000001.ndjson:1/ticket_id names a row that is not in tickets"));
    auto members = kWhole;
    members.emplace_back("manifest.json", manifest_of(kWhole).dump());
    EXPECT_THAT(told(verdict_of(members, 3)), IsEmpty());
    EXPECT_THAT(told(verdict_of(members, 2)), testing::Contains(HasSubstr("is one row too many")));
}

TEST(ArchiveCheck, FilesStandInTheOrderOfAnExport)
{
    const std::vector<std::pair<Members, std::string>> cases{
        {{{"tickets/000001.ndjson", ticket(kOne)}, {"users/000001.ndjson", user(kOne)}},
         "users/000001.ndjson:0/ stands behind what refers to it"},
        {{{"alerts/2026-11-28/000001.ndjson", "{}\n"}, {"users/000001.ndjson", user(kOne)}},
         "users/000001.ndjson:0/ stands behind what refers to it"},
        {{{"alerts/2026-11-28/000001.ndjson", "{}\n"}, {"alerts/2026-11-27/000001.ndjson", "{}\n"}},
         "alerts/2026-11-27/000001.ndjson:0/ stands behind a later day"},
        {{{"alerts/2026-13-28/000001.ndjson", "{}\n"}}, "alerts/2026-13-28/000001.ndjson:0/ alerts stand in folders"},
        {{{"alerts/000001.ndjson", "{}\n"}}, "alerts/000001.ndjson:0/ alerts stand in folders"},
        {{{"users/000002.ndjson", user(kOne)}}, "users/000002.ndjson:0/ a piece before it is missing"},
        {{{"users/000001.ndjson", user(kOne)}, {"users/000003.ndjson", user(kTwo)}},
         "users/000003.ndjson:0/ a piece before it is missing"},
        {{{"secrets/000001.ndjson", "{}\n"}}, "secrets/000001.ndjson:0/ holds what this version does not know"},
        {{{"users/1/000001.ndjson", "{}\n"}}, "users/1/000001.ndjson:0/ no file of an export is called so"},
        {{{"users/1.ndjson", "{}\n"}}, "users/1.ndjson:0/ no file of an export is called so"},
        {{{"readme.txt", "{}\n"}}, "readme.txt:0/ no file of an export is called so"},
        {{{"alerts/2026-11-28/000001.ndjson", "{}\nbad\n"}}, "alerts/2026-11-28/000001.ndjson:2/ is bad on 2026-11-28"},
    };
    for (const auto& [files, wrong] : cases) {
        EXPECT_THAT(told(verdict_with_manifest(files)), testing::Contains(testing::StartsWith(wrong))) << wrong;
    }
}

TEST(ArchiveCheck, TheManifestIsLastAndOfAVersionThatIsKnown)
{
    const auto with = [](const json& more) {
        auto manifest = manifest_of(kWhole);
        manifest.update(more);
        auto members = kWhole;
        members.emplace_back("manifest.json", manifest.dump());
        return told(verdict_of(members));
    };
    EXPECT_THAT(with({{"schema", "0058_imports"}}), IsEmpty());
    EXPECT_THAT(with({{"schema", "0058_called_otherwise"}}), IsEmpty());
    EXPECT_THAT(
        with({{"schema", "0059_later"}}),
        ElementsAre("manifest.json:0/schema is that of a newer version than this one: upgrade before you import it"));
    EXPECT_THAT(with({{"schema", ""}}), ElementsAre(HasSubstr("/schema is that of a newer version")));
    EXPECT_THAT(with({{"format", "winnow-export/2"}}), ElementsAre(HasSubstr("/format must be winnow-export/1")));
    EXPECT_THAT(with({{"tenant", "acme"}}), ElementsAre(HasSubstr("/tenant must say whose export it is")));
    EXPECT_THAT(with({{"taken_at", 1}}), ElementsAre(HasSubstr("/taken_at must say when it was taken")));
    EXPECT_THAT(with({{"files", 1}}), ElementsAre(HasSubstr("/files must be the list of the archive's files")));
    EXPECT_THAT(told(verdict_of(kWhole)),
                ElementsAre(HasSubstr("manifest.json:0/ is missing: the archive was cut short")));
    auto members = kWhole;
    members.insert(members.begin(), {"manifest.json", manifest_of(kWhole).dump()});
    EXPECT_THAT(told(verdict_of(members)), testing::Contains(HasSubstr("stands behind the manifest")));
}

TEST(ArchiveCheck, EveryFileIsAsTheManifestSaysAndNoOtherIsThere)
{
    const auto with = [](Members files) {
        files.emplace_back("manifest.json", manifest_of(kWhole).dump());
        return told(verdict_of(files));
    };
    auto files = kWhole;
    files[1].second = user(kOne) + user(kThree);
    files[2].second = user("0199c0de-0000-7000-8000-000000000004");
    EXPECT_THAT(with(files), testing::Contains(HasSubstr("users/000001.ndjson:0/ is not as the manifest says")));
    files = kWhole;
    files.pop_back();
    EXPECT_THAT(with(files), ElementsAre(HasSubstr("/files names a file that is missing")));
    files = kWhole;
    files.emplace_back("alerts/2026-11-29/000001.ndjson", "{}\n");
    EXPECT_THAT(with(files), ElementsAre("alerts/2026-11-29/000001.ndjson:0/ is not in the manifest: take it out"));
}

TEST(ArchiveCheck, AnotherTenantsArchiveIsNoneThatWasAskedFor)
{
    auto members = kWhole;
    members.emplace_back("manifest.json", manifest_of(kWhole).dump());
    EXPECT_THAT(told(verdict_of(members, kMostReferredRows, "acme")), IsEmpty());
    EXPECT_THAT(told(verdict_of(members, kMostReferredRows, "other")),
                ElementsAre(HasSubstr("/tenant is another tenant than the import was asked for")));
}

TEST(ArchiveCheck, NoMoreIsToldThanAPersonReads)
{
    std::string bad;
    for (int i = 0; i < 1'000; ++i) bad += "{}\n";
    const auto verdict = verdict_with_manifest({{"users/000001.ndjson", bad}});
    EXPECT_EQ(verdict.faults.size(), domain::kMostImportFaults);
}

}  // namespace
}  // namespace winnow::forms
