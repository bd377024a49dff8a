/// @file
/// What becomes of an export's rows where they are imported: all of them or none, and none that does anything.

#include "integration/pg/imports/import_fixture.hpp"
#include "pg/exports/exported_tables.hpp"
#include "pg/imports/imported_tables.hpp"
#include "winnow/forms/archive_check.hpp"

#include <pqxx/except>

#include <algorithm>
#include <set>

namespace winnow::pg {
namespace {

using json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

class ImportTargetTest : public ImportTest {
protected:
    void import(const Exported& exported)
    {
        const auto job = begun(ours_);
        const auto target = opened(job);
        write(*target, exported);
        const auto finished = target->finish(summary(theirs_));
        ASSERT_TRUE(finished) << finished.error().message();
        EXPECT_TRUE(*finished);
    }
    /// The resource at which a target takes no more, and why.
    static std::pair<std::string, Error> first_refusal(ports::ImportTarget& target, const Exported& exported)
    {
        domain::ImportedIds ids({}, {});
        for (auto [resource, lines] : exported) {
            if (resource == "users") {
                const auto added = target.add_users(lines);
                if (!added) return {resource, added.error()};
                ids.add_users(*added);
                continue;
            }
            for (auto& line : lines) line = ids.rewritten(line);
            if (const auto added = target.add(resource, lines); !added) return {resource, added.error()};
        }
        const auto finished = target.finish(summary(TenantId(new_uuid())));
        return {"the end", finished ? Error(ErrorCode::internal, "nothing was refused") : finished.error()};
    }
    /// Of our tenant.
    [[nodiscard]] std::string ours(const std::string& column, const std::string& from,
                                   const std::string& where = "true")
    {
        return text("select coalesce(string_agg(shown, ' ' order by shown), '') from (select (" + column +
                    ")::text as shown from " + from + " where tenant_id = " + quoted(ours_) + " and " + where +
                    ") as a");
    }
};

TEST_F(ImportTargetTest, EveryExportedTableIsImportedOrReadOver)
{
    std::vector<std::string> exported;
    for (const auto& table : exported_tables()) exported.emplace_back(table.resource);
    std::vector<std::string> imported;
    for (const auto& table : imported_tables()) imported.emplace_back(table.resource);
    EXPECT_EQ(imported, exported) << "src/pg/exports/exported_tables.cpp and src/pg/imports/imported_tables.cpp differ";
}

TEST_F(ImportTargetTest, WhatIsExportedIsWhatTheSchemaLetsIn)
{
    fill(theirs_);
    const auto shape = import_jobs_->shape();
    ASSERT_TRUE(shape) << shape.error().message();
    const auto& users = *std::ranges::find(shape->resources, "users", &domain::ResourceShape::resource);
    EXPECT_THAT(users.key, ElementsAre("user_id"));
    const auto& tickets = *std::ranges::find(shape->resources, "tickets", &domain::ResourceShape::resource);
    EXPECT_EQ(tickets.references.size(), 2U) << "who works on it, and what it belongs to";
    forms::ArchiveCheck check(*shape, nullptr);
    std::set<std::string> seen;
    for (const auto& [resource, lines] : exported(theirs_)) {
        std::string content;
        for (const auto& line : lines) content += line + "\n";
        check.take(resource + "/000001.ndjson", content);
        seen.insert(resource);
        const auto refused = import_jobs_->check(resource, lines);
        ASSERT_TRUE(refused) << resource << ": " << refused.error().message();
        EXPECT_FALSE(refused->has_value()) << resource << ": " << (*refused)->why;
    }
    for (const auto& table : imported_tables()) {
        if (table.as != ImportedAs::nothing)
            EXPECT_TRUE(seen.contains(std::string(table.resource))) << "fill() forgets " << table.resource;
    }
    for (const auto& fault : check.finish("").faults) {
        EXPECT_EQ(fault.file, "manifest.json") << fault.line << "/" << fault.field << " " << fault.detail;
    }
}

TEST_F(ImportTargetTest, AllOfItIsThereAndNothingBeforeItIsDone)
{
    fill(theirs_);
    const auto before = exported(theirs_);
    const auto job = begun(ours_);
    const auto target = opened(job);
    write(*target, before);
    EXPECT_EQ(ours("name", "rules"), "") << "nobody sees any of it yet";
    ASSERT_TRUE(target->finish(summary(theirs_)).value());
    EXPECT_EQ(ours("name", "rules"), "r");
    std::map<std::string, std::size_t> counts;
    for (const auto& [resource, lines] : exported(ours_)) counts[resource] = lines.size();
    for (const auto& [resource, lines] : before) {
        if (imported_table(resource) == nullptr) continue;
        // The admins are one person, who has two keys now.
        EXPECT_EQ(counts[resource], lines.size() + (resource == "api_keys" ? 1 : 0)) << resource;
    }
    EXPECT_EQ(ours("state || rows_done", "imports"), "done5");
    EXPECT_EQ(do_chore("forget_imports"), 1U) << "its archive";
    EXPECT_EQ(number("select count(*) from import_parts"), 0);
    EXPECT_EQ(ours("act", "audit", "actor = 'user:x'"), "import.finish");
    EXPECT_EQ(ours("next_number", "ticket_numbers"), "3");
    EXPECT_EQ(ours("reopen_window_ms", "tenant_settings"), "60000");
}

TEST_F(ImportTargetTest, WithoutItsEndNothingIsLeft)
{
    fill(theirs_);
    const auto lines = exported(theirs_);
    {
        const auto target = opened(begun(ours_));
        write(*target, lines);
    }
    EXPECT_EQ(ours("name", "rules"), "");
    EXPECT_EQ(ours("email", "users"), "admin@example.org");
}

TEST_F(ImportTargetTest, PeopleArriveInvitedAndWhoIsHereIsOnePerson)
{
    fill(theirs_);
    const auto lines = exported(theirs_);
    const auto target = opened(begun(ours_));
    const auto users = write(*target, lines);
    ASSERT_TRUE(target->finish(summary(theirs_)).value());
    EXPECT_EQ(ours("email || state || invited", "users"), "admin@example.orgactivefalse op@example.orgdisabledtrue");
    ASSERT_EQ(users.size(), 1U);
    EXPECT_EQ(users.begin()->first.str(),
              text("select user_id from users where email = 'admin@example.org' and tenant_id = " + quoted(theirs_)));
    EXPECT_EQ(users.begin()->second.str(), ours("user_id", "users", "email = 'admin@example.org'"));
}

TEST_F(ImportTargetTest, AnAuditorStaysOne)
{
    fill(theirs_);
    sql("update users set role = 'viewer', audits = true, management_group_ids = null where email = 'op@example.org' "
        "and tenant_id = " +
        quoted(theirs_));
    const auto lines = exported(theirs_);
    const auto target = opened(begun(ours_));
    write(*target, lines);
    ASSERT_TRUE(target->finish(summary(theirs_)).value());
    EXPECT_EQ(ours("role || audits", "users", "email = 'op@example.org'"), "viewertrue");
}

TEST_F(ImportTargetTest, NoKeyOpensAnythingAndNoSecretIsThere)
{
    fill(theirs_);
    import(exported(theirs_));
    EXPECT_EQ(ours("revoked_at is not null", "integration_keys"), "true");
    EXPECT_EQ(ours("revoked_at is not null", "api_keys", "name = 'k'"), "true");
    EXPECT_EQ(number("select count(*) from api_keys where secret_hash = sha256('secret')"), 1) << "theirs alone";
    EXPECT_EQ(number("select count(*) from access_keys where access_key = repeat('A', 20)"), 1)
        << "a request that names it is one tenant's";
    EXPECT_EQ(ours("(access_key ~ '^[A-Z2-7]{20}$' and revoked_at is not null)", "access_keys"), "true");
    EXPECT_EQ(ours("settings::text || enabled::text", "contacts"), R"({"address": "noc@example.org"}true {}false)");
}

TEST_F(ImportTargetTest, NothingThatIsImportedIsDueOrSent)
{
    fill(theirs_);
    import(exported(theirs_));
    EXPECT_EQ(ours("state", "deliveries"), "cancelled");
    EXPECT_EQ(ours("state || draft", "backtests"), "cancelled");
    EXPECT_EQ(ours("state", "tickets", "held_until is not null"), "");
    EXPECT_EQ(ours("firing_instances", "tickets"), "0 0");
    EXPECT_EQ(ours("1", "server_mails"), "");
    EXPECT_EQ(
        ours("users::text || admins::text || (revert_at > now() + interval '9 minutes')::text", "source_networks"),
        "{}{192.0.2.0/24}true")
        << "on trial: who imported it may be elsewhere";
}

TEST_F(ImportTargetTest, ATenantThatHasSomethingTakesNoArchive)
{
    const auto job = begun(ours_);
    new_contact(ours_, "mine");
    const auto target = import_jobs_->open(job);
    ASSERT_FALSE(target);
    EXPECT_EQ(target.error().code(), ErrorCode::invalid_argument);
    EXPECT_THAT(target.error().message(), HasSubstr("this one has contacts"));
}

TEST_F(ImportTargetTest, QuotasHold)
{
    fill(theirs_);
    const auto lines = exported(theirs_);
    sql("insert into quotas (tenant_id, name, most) values (" + quoted(ours_) +
        ", 'contacts', 1) on conflict (tenant_id, name) do update set most = 1");
    const auto target = opened(begun(ours_));
    const auto [resource, refused] = first_refusal(*target, lines);
    EXPECT_EQ(resource, "contact_groups") << "as soon as contacts are written";
    EXPECT_EQ(refused.code(), ErrorCode::invalid_argument);
    EXPECT_THAT(refused.message(), HasSubstr("2 contacts, of which it may have 1 (the quota contacts)"));
    EXPECT_EQ(ours("name", "contacts"), "");
}

TEST_F(ImportTargetTest, ManagementGroupsAreCounted)
{
    fill(theirs_);
    const auto lines = exported(theirs_);
    limits_.max_management_groups = 0;
    import_jobs_ = make_import_jobs(pipeline(), as(database_.api), limits_);
    const auto target = opened(begun(ours_));
    EXPECT_THAT(first_refusal(*target, lines).second.message(), HasSubstr("tenants.max_management_groups"));
}

TEST_F(ImportTargetTest, WhatTriageCountsOnFromIsBehindWhatIsThere)
{
    fill(theirs_);
    const auto refused = [&](const std::string& change) {
        sql(change + " where tenant_id = " + quoted(theirs_));
        const auto lines = exported(theirs_);
        const auto target = opened(begun(ours_));
        write(*target, lines);
        const auto finished = target->finish(summary(theirs_));
        sql("delete from imports");
        return finished ? "taken" : finished.error().message();
    };
    EXPECT_THAT(refused("update ticket_numbers set next_number = 2"), HasSubstr("ticket_numbers does not go on"));
    EXPECT_THAT(refused("update ticket_numbers set next_number = 9007199254740992"),
                HasSubstr("ticket_numbers does not"));
    sql("update ticket_numbers set next_number = 3");
    EXPECT_THAT(refused("update tickets set event_seq = 0"), HasSubstr("has more in its timeline"));
    EXPECT_EQ(refused("update tickets set event_seq = 1"), "taken");
}

TEST_F(ImportTargetTest, RulesCostNoMoreThanATenantsMay)
{
    fill(theirs_);
    const auto lines = exported(theirs_);
    limits_.max_rule_memory = 1;
    import_jobs_ = make_import_jobs(pipeline(), as(database_.api), limits_);
    const auto target = opened(begun(ours_));
    write(*target, lines);
    const auto finished = target->finish(summary(theirs_));
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().code(), ErrorCode::invalid_argument);
    EXPECT_THAT(finished.error().message(), HasSubstr("tenants.max_rule_memory"));
}

TEST_F(ImportTargetTest, WhatATableRefusesIsToldAndNamesNoRow)
{
    const auto target = opened(begun(ours_));
    const auto added = target->add(
        "integrations",
        std::vector<std::string>{
            R"({"integration_id":"0199c0de-0000-7000-8000-000000000001","name":"a","created_at":"2026-11-28T00:00:00Z"})",
            R"({"integration_id":"0199c0de-0000-7000-8000-000000000002","name":"a","created_at":"2026-11-28T00:00:00Z"})"});
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code(), ErrorCode::invalid_argument);
    EXPECT_THAT(added.error().message(), HasSubstr("integrations_tenant_id_name_key"));
}

TEST_F(ImportTargetTest, AnotherTenantsRowsAreOutOfReachWhateverALineSays)
{
    const auto target = opened(begun(ours_));
    const auto added = target->add(
        "integrations",
        std::vector<std::string>{R"({"tenant_id":")" + theirs_.str() +
                                 R"(","integration_id":"0199c0de-0000-7000-8000-000000000001","name":"a"})"});
    ASSERT_TRUE(added) << added.error().message();
    ASSERT_TRUE(target->finish(summary(theirs_)).value());
    EXPECT_EQ(number("select count(*) from integrations where tenant_id = " + quoted(theirs_)), 0);
    EXPECT_EQ(ours("name", "integrations"), "a");
}

TEST_F(ImportTargetTest, NoServingRoleWritesLikeThisByItself)
{
    const auto job = begun(ours_);
    sql("update imports set state = 'checking'");
    pqxx::connection connection(database_.api);
    pqxx::nontransaction tx(connection);
    const auto refused = [&](const std::string& statement) {
        test::begin_as(tx, database_, ours_.str());
        std::string why = "done";
        try {
            tx.exec(statement);
        } catch (const pqxx::sql_error& failure) {
            why = failure.what();
        }
        tx.exec("rollback");
        return why;
    };
    const auto call = "('" + job.id.str() + "', 'n', 1, ";
    EXPECT_THAT(refused("select import_rows" + call + "'integrations', '[{\"name\": \"a\"}]')"),
                HasSubstr("nobody writes that import"));
    EXPECT_THAT(refused("insert into imports (tenant_id, import_id, created_at, created_by, state) values ('" +
                        ours_.str() + "', gen_random_uuid(), now(), 'x', 'writing')"),
                HasSubstr("permission denied"));
    EXPECT_THAT(refused("update imports set state = 'writing'"), HasSubstr("permission denied"));
    sql("update imports set state = 'writing'");
    for (const std::string table :
         {"audit", "access_log", "journal", "imports", "import_parts", "tenants", "sessions"}) {
        EXPECT_THAT(refused("select import_rows" + call + "'" + table + "', '[{\"state\": \"a\"}]')"),
                    HasSubstr("nothing is imported into that table"))
            << table;
    }
    EXPECT_THAT(refused("select import_alerts" + call + "1, '{}', '{}', '{}', '{}', '{}')"),
                HasSubstr("nobody writes that import"))
        << "stream 1 is somebody's own";
}

TEST_F(ImportTargetTest, AlertsStandInAStreamThatNobodyReplaysWithVerdicts)
{
    const auto stream = import_jobs_->open_stream();
    ASSERT_TRUE(stream) << stream.error().message();
    EXPECT_GE(*stream, 1U << 21U);
    ASSERT_TRUE(import_jobs_->make_day("2026-11-20"));
    ASSERT_TRUE(import_jobs_->make_day("2026-11-20")) << "once more does no harm";
    sql("insert into alerts_forgotten values (" + quoted(ours_) + ", now())");
    const auto target = opened(begun(ours_));
    EXPECT_TRUE(target->alerts_kept_from().has_value());
    const ports::ImportedAlerts row{.position = {.received_at = parse_rfc3339("2026-11-20T12:00:00.123Z").value(),
                                                 .stream = *stream,
                                                 .seq = 68'719'476'735},
                                    .alerts = 2,
                                    .payload = std::string("\0\x01\\\"{}", 6),
                                    .verdicts = "v"};
    const auto added = target->add_alerts(*stream, std::vector{row});
    ASSERT_TRUE(added) << added.error().message();
    ASSERT_TRUE(target->finish(summary(theirs_)).value());
    EXPECT_EQ(ours("encode(payload, 'hex') || alert_count", "journal"), "00015c227b7d2");
    EXPECT_EQ(ours("encode(payload, 'hex')", "verdicts"), "76");
    EXPECT_EQ(number("select count(*) from alerts_forgotten"), 0);
    EXPECT_EQ(number("select count(*) from journal_streams where ended_at is null"), 0);
}

TEST_F(ImportTargetTest, WhoseJobWasTakenAwayWritesNothing)
{
    fill(theirs_);
    const auto lines = exported(theirs_);
    const auto target = opened(begun(ours_));
    write(*target, lines);
    sql("delete from imports");
    EXPECT_FALSE(target->finish(summary(theirs_)).value());
    EXPECT_EQ(ours("name", "rules"), "");
}

}  // namespace
}  // namespace winnow::pg
