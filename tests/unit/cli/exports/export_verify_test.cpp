#include "cli/exports/export_verify.hpp"

#include "winnow/archive/tar_zst.hpp"
#include "winnow/crypto/digest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::cli {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Members = std::vector<std::pair<std::string, std::string>>;

const Members kFiles{{"rules/000001.ndjson", "{}\n{}\n"}, {"users/000001.ndjson", "{}\n"}};

json manifest_of(const Members& files)
{
    json manifest{{"format", "winnow-export/1"},
                  {"tenant", {{"id", "0199c0de-0000-7000-8000-00000000000a"}}},
                  {"taken_at", "2026-11-28T09:00:00.000Z"},
                  {"files", json::array()}};
    for (const auto& [name, content] : files) {
        manifest["files"].push_back({{"name", name},
                                     {"rows", std::ranges::count(content, '\n')},
                                     {"bytes", content.size()},
                                     {"sha256", crypto::to_hex(crypto::sha256(content))}});
    }
    return manifest;
}

std::string archive_of(const Members& members)
{
    std::string bytes;
    archive::TarZstWriter writer(
        [&](std::string_view more) -> Result<Done> {
            bytes += more;
            return Done{};
        },
        Timestamp{});
    for (const auto& [name, content] : members) EXPECT_TRUE(writer.add(name, content));
    EXPECT_TRUE(writer.finish());
    return bytes;
}

ExportVerdict verdict_of(const std::string& bytes)
{
    std::istringstream stream(bytes);
    return verify_export(stream);
}

/// The files, and a manifest behind them.
ExportVerdict verdict_of(Members files, const json& manifest)
{
    files.emplace_back("manifest.json", manifest.dump());
    return verdict_of(archive_of(files));
}

TEST(ExportVerify, OneThatIsWholeSaysWhoseItIs)
{
    const auto verdict = verdict_of(kFiles, manifest_of(kFiles));
    EXPECT_THAT(verdict.faults, IsEmpty());
    EXPECT_EQ(verdict.tenant, "0199c0de-0000-7000-8000-00000000000a");
    EXPECT_EQ(verdict.taken_at, "2026-11-28T09:00:00.000Z");
    EXPECT_EQ(verdict.files, 2U);
    EXPECT_EQ(verdict.rows, 3U);
    EXPECT_EQ(to_json(verdict)["whole"], true);
}

TEST(ExportVerify, NamesWhatIsMissingChangedOrMore)
{
    EXPECT_THAT(verdict_of({kFiles[0]}, manifest_of(kFiles)).faults, ElementsAre("users/000001.ndjson is missing"));
    EXPECT_THAT(verdict_of(kFiles, manifest_of({kFiles[0]})).faults,
                ElementsAre("users/000001.ndjson is not in manifest.json"));
    auto changed = kFiles;
    changed[0].second = "{}\n[]\n";
    EXPECT_THAT(verdict_of(changed, manifest_of(kFiles)).faults,
                ElementsAre("rules/000001.ndjson is not as manifest.json says"));
    auto wrong = manifest_of(kFiles);
    wrong["files"][1]["rows"] = 2;
    EXPECT_THAT(verdict_of(kFiles, wrong).faults, ElementsAre("users/000001.ndjson is not as manifest.json says"));
}

TEST(ExportVerify, WithoutASoundManifestNothingIsWhole)
{
    EXPECT_THAT(verdict_of(archive_of(kFiles)).faults, ElementsAre("there is no manifest.json"));
    for (const auto& [manifest, said] : std::vector<std::pair<json, std::string>>{
             {json::array(), "is none of winnow-export/1"},
             {json{{"format", "winnow-export/2"}}, "is none of winnow-export/1"},
             {json{{"format", 1}}, "is none of winnow-export/1"},
             {json{{"format", "winnow-export/1"}}, "lists no files"},
             {json{{"format", "winnow-export/1"}, {"files", {1}}}, "an entry that is none"},
             {json{{"format", "winnow-export/1"}, {"tenant", 5}, {"files", "all"}}, "lists no files"}}) {
        const auto verdict = verdict_of({}, manifest);
        ASSERT_THAT(verdict.faults, testing::Not(IsEmpty())) << manifest;
        EXPECT_THAT(verdict.faults.front(), HasSubstr(said)) << manifest;
    }
    EXPECT_THAT(verdict_of(archive_of({{"manifest.json", "{"}})).faults, ElementsAre(HasSubstr("is none of")));
    EXPECT_THAT(verdict_of(archive_of({{"manifest.json", manifest_of({kFiles[0]}).dump()}, kFiles[0]})).faults,
                ElementsAre(HasSubstr("stands behind the manifest")));
}

TEST(ExportVerify, OneThatWasCutShortSaysSoFirst)
{
    const auto whole = archive_of(kFiles);
    const auto verdict = verdict_of(whole.substr(0, whole.size() - 5));
    EXPECT_THAT(verdict.faults.front(), HasSubstr("ends before its end"));
    EXPECT_THAT(verdict_of("").faults.front(), HasSubstr("ends before its end"));
    EXPECT_THAT(verdict_of("no archive at all, and long enough").faults.front(), HasSubstr("no zstd frame"));
}

}  // namespace
}  // namespace winnow::cli
