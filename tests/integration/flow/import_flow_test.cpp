/// @file
/// Imports from the queue to what their tenant owns, on a real database: what one tenant's export holds, another one
/// has.

#include "integration/pg/imports/import_fixture.hpp"
#include "winnow/archive/tar_zst.hpp"
#include "winnow/domain/sha256_hex.hpp"
#include "winnow/domain/tenants/imported_ids.hpp"
#include "winnow/journal/codec.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/alert_ids.hpp"
#include "winnow/pipeline/export_runner.hpp"
#include "winnow/pipeline/import_runner.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

using Members = std::vector<std::pair<std::string, std::string>>;

class ImportFlow : public pg::ImportTest {
protected:
    /// Two alerts with a gap between them, a minute ago, and an entry of a timeline that names the second one.
    void add_alerts()
    {
        const auto payload = journal::encode_rows("{\"title\":\"one\"}\n\n{\"title\":\"two\"}\n");
        sql("select make_day_partitions((now() at time zone 'UTC')::date - 1, 2)");
        sql("insert into journal select " + quoted(theirs_) +
            ", date_trunc('milliseconds', now() - interval '1 minute'), 2097153, 1, 2, decode('" + hex(payload) +
            "', 'hex')");
        sql("insert into ticket_events values (" + quoted(theirs_) +
            ", '0199c0de-0000-7000-8000-0000000000ab', 1, 'opened', now(), 'system', '{\"alert_id\": \"" +
            second().str() + "\"}')");
    }
    [[nodiscard]] AlertId second()
    {
        const auto at =
            parse_rfc3339(text("select to_char(received_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') "
                               "from journal where tenant_id = " +
                               quoted(theirs_)))
                .value();
        return ids_.of(theirs_).alert({.row = {.received_at = at, .stream = 2'097'153, .seq = 1}, .index = 2});
    }
    [[nodiscard]] static std::string hex(std::string_view bytes)
    {
        constexpr std::string_view kDigits = "0123456789abcdef";
        std::string text;
        for (const char byte : bytes) {
            text += kDigits[static_cast<unsigned char>(byte) >> 4U];
            text += kDigits[static_cast<unsigned char>(byte) & 15U];
        }
        return text;
    }

    std::string queue(const std::vector<std::string>& parts)
    {
        const auto id = pg::new_uuid().str();
        sql("insert into imports (tenant_id, import_id, state, created_at, created_by, parts) values (" +
            quoted(ours_) + ", '" + id + "', 'receiving', now(), 'user:x', " + std::to_string(parts.size()) + ")");
        for (std::size_t i = 0; i < parts.size(); ++i) {
            sql("insert into import_parts values (" + quoted(ours_) + ", '" + id + "', " + std::to_string(i) +
                ", decode('" + hex(parts[i]) + "', 'hex'))");
        }
        sql("update imports set state = 'queued' where state = 'receiving'");
        return id;
    }
    /// The archive of an export of theirs, made by who makes them.
    std::string exported_archive()
    {
        const auto id = pg::new_uuid().str();
        sql("insert into exports (tenant_id, export_id, state, created_at, created_by) values (" + quoted(theirs_) +
            ", '" + id + "', 'queued', now(), 'user:x')");
        ExportRunner exporter(*export_jobs_, ids_, ExportOptions{.node = "n", .look = 20ms}, metrics_);
        exporter.start();
        EXPECT_TRUE(pg::eventually([&] { return text("select state from exports") == "ready"; }));
        const auto hexed = text("select string_agg(encode(bytes, 'hex'), '' order by number) from export_parts");
        std::string bytes;
        for (std::size_t i = 0; i < hexed.size(); i += 2) {
            bytes += static_cast<char>(std::stoi(hexed.substr(i, 2), nullptr, 16));
        }
        return bytes;
    }
    [[nodiscard]] static std::string archive_of(Members files)
    {
        std::string list;
        for (const auto& [name, content] : files) {
            list += list.empty() ? "" : ",";
            list += R"({"name":")" + name + R"(","rows":1,"bytes":)" + std::to_string(content.size()) +
                    R"(,"sha256":")" + domain::sha256_hex(content) + R"("})";
        }
        files.emplace_back("manifest.json",
                           R"({"format":"winnow-export/1","tenant":{"id":"0199c0de-0000-7000-8000-000000000001",)"
                           R"("service_code":"acme"},"taken_at":"2026-11-28T09:00:00Z","schema":"0058_imports",)"
                           R"("files":[)" +
                               list + "]}");
        std::string bytes;
        archive::TarZstWriter writer(
            [&](std::string_view more) -> Result<Done> {
                bytes += more;
                return Done{};
            },
            Timestamp{});
        for (const auto& [name, content] : files) EXPECT_TRUE(writer.add(name, content));
        EXPECT_TRUE(writer.finish());
        return bytes;
    }
    [[nodiscard]] std::string state(const std::string& id)
    {
        return text("select state from imports where import_id = '" + id + "'");
    }
    /// How it ended.
    std::string run(const std::string& id)
    {
        runner_ =
            std::make_unique<ImportRunner>(*import_jobs_, ids_, ImportOptions{.node = "n", .look = 20ms}, metrics_);
        runner_->start();
        EXPECT_TRUE(pg::eventually([&] { return state(id) == "done" || state(id) == "failed"; })) << state(id);
        runner_.reset();
        return state(id) + text("select error || faults::text from imports where import_id = '" + id + "'");
    }

    const domain::AlertIds ids_ = pg::stored_alert_ids(pipeline());
    observe::Metrics metrics_;
    std::unique_ptr<ImportRunner> runner_;
};

TEST_F(ImportFlow, WhatOneTenantHasExportedAnotherOneHas)
{
    fill(theirs_);
    add_alerts();
    const auto archive = exported_archive();
    const auto half = archive.size() / 2;
    const auto id = queue({archive.substr(0, half), archive.substr(half)});
    EXPECT_EQ(run(id), "done[]");
    const auto ours = " from tickets where tenant_id = " + quoted(ours_);
    EXPECT_EQ(text("select string_agg(number || state, ' ' order by number)" + ours), "1open 2held");
    EXPECT_EQ(number("select sum(alert_count) from journal where tenant_id = " + quoted(ours_)), 2);
    EXPECT_EQ(number("select count(*) from verdicts where tenant_id = " + quoted(ours_)), 1);
    // What names an alert names it here.
    const auto told =
        AlertId::parse(text("select data->>'alert_id' from ticket_events where seq = 1 and kind = 'opened' and "
                            "data ? 'alert_id' and tenant_id = " +
                            quoted(ours_)))
            .value();
    EXPECT_NE(told, second());
    const auto place = ids_.of(ours_).position(told).value();
    EXPECT_EQ(place.index, 2);
    EXPECT_EQ(number("select count(*) from journal where tenant_id = " + quoted(ours_) + " and stream = " +
                     std::to_string(place.row.stream) + " and seq = " + std::to_string(place.row.seq)),
              1);
    EXPECT_THAT(metrics_.exposition(), HasSubstr("winnow_imports_total{state=\"done\"} 1"));
    // A second time there is something already.
    EXPECT_THAT(run(queue({archive})),
                HasSubstr("nothing was imported: an archive is imported into an empty tenant only"));
}

TEST_F(ImportFlow, WhatIsWrongOfAnArchiveIsToldAndNothingIsWritten)
{
    const std::string integration =
        R"({"integration_id":"0199c0de-0000-7000-8000-000000000001","name":"%","created_at":"2026-11-28T00:00:00Z"})";
    const auto named = [&](const std::string& name) {
        auto line = integration;
        return line.replace(line.find('%'), 1, name) + "\n";
    };
    EXPECT_THAT(run(queue({archive_of({{"integrations/000001.ndjson", named("")}})})),
                testing::AllOf(HasSubstr("failed"), HasSubstr("\"file\": \"integrations/000001.ndjson\""),
                               HasSubstr("must have 1 to 200 characters"), HasSubstr("\"field\": \"name\""),
                               HasSubstr("\"line\": 1")));
    const std::string contact = R"({"contact_id":"0199c0de-0000-7000-8000-000000000001","name":"a","type":"NO",)"
                                R"("receiver":"","settings":{}})";
    EXPECT_THAT(run(queue({archive_of({{"contacts/000001.ndjson", contact + "\n"}})})),
                testing::AllOf(HasSubstr("breaks the rule contacts_type_check"), HasSubstr("\"line\": 1")));
    EXPECT_THAT(run(queue({archive_of({{"users/000001.ndjson", "{}\n"}})})), HasSubstr("is missing"));
    const auto good = archive_of({{"integrations/000001.ndjson", named("a")}});
    EXPECT_THAT(run(queue({good.substr(0, good.size() - 1)})), HasSubstr("the archive ends before its end"));
    EXPECT_THAT(run(queue({good, "x"})), HasSubstr("the archive goes on behind its frame"));
    auto changed = good;
    changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 1);
    EXPECT_THAT(run(queue({changed})), HasSubstr("failed"));
    EXPECT_THAT(run(queue({"no archive"})), HasSubstr("is damaged, or no zstd frame"));
    EXPECT_EQ(number("select count(*) from integrations"), 0);
    EXPECT_EQ(run(queue({good})), "done[]");
    EXPECT_EQ(text("select name from integrations"), "a");
}

TEST_F(ImportFlow, WhatOnlyTheWholeCanTellIsToldWithItsLines)
{
    const auto line = [](int last, const std::string& name) {
        return R"({"integration_id":"0199c0de-0000-7000-8000-00000000000)" + std::to_string(last) + R"(","name":")" +
               name + R"(","created_at":"2026-11-28T00:00:00Z"})";
    };
    // The manifest of archive_of() counts one row a file.
    const auto told = run(queue({archive_of(
        {{"integrations/000001.ndjson", line(1, "a") + "\n"}, {"integrations/000002.ndjson", line(2, "a") + "\n"}})}));
    EXPECT_THAT(told, testing::AllOf(HasSubstr("failed"), HasSubstr("integrations/000002.ndjson"),
                                     HasSubstr("integrations_tenant_id_name_key")));
    EXPECT_EQ(number("select count(*) from integrations"), 0) << "the first file's row is not there either";
}

}  // namespace
}  // namespace winnow::pipeline
