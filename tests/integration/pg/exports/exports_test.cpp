/// @file
/// Exports: every table is in them or it is said why not, they hold one tenant's rows of one moment, and no secret.

#include "integration/pg/fixture.hpp"
#include "pg/exports/exported_tables.hpp"
#include "winnow/pg/export_jobs.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

namespace winnow::pg {
namespace {

using json = nlohmann::json;
using ports::ExportJob;
using testing::HasSubstr;
using testing::Not;

class ExportsTest : public PgTest {
protected:
    [[nodiscard]] static std::string quoted(const TenantId& tenant) { return "'" + tenant.str() + "'"; }
    std::string queue(const TenantId& tenant, const std::string& state = "queued")
    {
        const auto id = new_uuid().str();
        sql("insert into exports (tenant_id, export_id, state, created_at, created_by, touched_at) values (" +
            quoted(tenant) + ", '" + id + "', '" + state + "', now(), 'user:x', now())");
        return id;
    }
    [[nodiscard]] ExportJob claimed(const std::string& runner = "n")
    {
        auto job = jobs_->claim(runner);
        EXPECT_TRUE(job) << job.error().message();
        if (!job || !*job) throw std::runtime_error("nothing was claimed");
        return **job;
    }
    [[nodiscard]] std::unique_ptr<ports::ExportSource> opened(const ExportJob& job)
    {
        auto source = jobs_->open(job);
        if (!source) throw std::runtime_error(source.error().message());
        return *std::move(source);
    }
    /// Resource → its lines; "alerts": how many rows of the journal.
    [[nodiscard]] static std::map<std::string, std::vector<json>> all_of(ports::ExportSource& source)
    {
        std::map<std::string, std::vector<json>> found;
        while (true) {
            auto piece = source.next({});
            if (!piece) throw std::runtime_error(piece.error().message());
            if (!*piece) return found;
            std::istringstream lines((*piece)->lines);
            std::int64_t rows = 0;
            for (std::string line; std::getline(lines, line); ++rows) {
                found[(*piece)->resource].push_back(json::parse(line));
            }
            EXPECT_EQ(rows, (*piece)->rows);
            for (const auto& row : (*piece)->alerts) found["alerts"].push_back(row.payload);
        }
    }
    void journal_row(const TenantId& tenant, const std::string& at, int seq)
    {
        sql("insert into journal values (" + quoted(tenant) + ", " + at + ", 1, " + std::to_string(seq) + ", 1, '" +
            std::to_string(seq) + "')");
    }

    const TenantId ours_ = new_tenant();
    const TenantId theirs_ = new_tenant();
    std::unique_ptr<ports::ExportJobs> jobs_ = make_export_jobs(pipeline(), as(database_.api));
};

TEST_F(ExportsTest, EveryTableOfATenantsIsExportedOrItIsSaidWhyNot)
{
    std::set<std::string> known{"journal"};  // as alerts
    for (const auto& table : exported_tables()) {
        EXPECT_TRUE(known.emplace(table.resource).second) << table.resource << " twice";
    }
    for (const auto& [table, why] : left_out_tables()) {
        EXPECT_TRUE(known.emplace(table).second) << table << " twice";
        EXPECT_FALSE(why.empty()) << table;
    }
    std::set<std::string> tables;
    for (const auto& row :
         sql("select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = "
             "'tenant_id' where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = "
             "'public'::regnamespace")) {
        tables.insert(row[0].c_str());
    }
    EXPECT_EQ(known, tables) << "src/pg/exports/exported_tables.cpp and the schema differ";
}

TEST_F(ExportsTest, NoColumnThatHoldsASecretIsInThem)
{
    // Whatever is sealed or a digest of a secret, by its type and name: bytes that are no hash of an audit record.
    std::set<std::string> bytes;
    for (const auto& row :
         sql("select c.relname || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = "
             "c.oid where a.atttypid = 'bytea'::regtype and c.relkind in ('r', 'p') and not "
             "c.relispartition and c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not "
             "a.attisdropped")) {
        bytes.insert(row[0].c_str());
    }
    const std::set<std::string> known{
        "access_keys.sealed_secret",
        "api_keys.secret_hash",
        "integration_keys.secret_hash",
        "oidc_providers.sealed_secret",
        "scim_tokens.secret_hash",  // null
        "contacts.sealed_secret",
        "contacts.sealed_url",  // left out
        "audit.hash",
        "audit.salt",
        "audit_anchors.hash",
        "audit_anchors.signature",  // public to the tenant
    };
    for (const auto& table : exported_tables()) {
        for (const auto& column : bytes) {
            if (column.starts_with(std::string(table.resource) + ".")) EXPECT_TRUE(known.contains(column)) << column;
        }
    }
}

TEST_F(ExportsTest, HoldOneTenantsRowsOfOneMomentAndNoSecret)
{
    for (const auto& tenant : {ours_, theirs_}) {
        const auto contact = new_contact(tenant, "named " + tenant.str());
        sql("update contacts set settings = '{\"url\": {\"shown\": \"https://example.org\", \"sealed\": "
            "\"c2VjcmV0\"}}' "
            "where contact_id = '" +
            contact.str() + "'");
        sql("insert into access_keys (tenant_id, access_key_id, access_key, user_id, sealed_secret, created_by, "
            "expires_at) select tenant_id, gen_random_uuid(), "
            "translate(left(encode(sha256(uuid_send(gen_random_uuid())), 'hex'), 20), '0189abcdef', 'GHIJABCDEF'), "
            "user_id, 'sealed away', 'x', "
            "now() + interval '1 day' from users where tenant_id = " +
            quoted(tenant));
        sql("insert into scim_tokens (tenant_id, token_id, secret_hash, hint, role, created_by, expires_at) values (" +
            quoted(tenant) + ", gen_random_uuid(), sha256(''), 'wns_1234', 'viewer', 'x', now() + interval '1 day')");
    }
    queue(ours_);
    const auto source = opened(claimed());
    new_contact(ours_, "too late");
    const auto all = all_of(*source);
    ASSERT_TRUE(all.contains("contacts"));
    ASSERT_EQ(all.at("contacts").size(), 1U);
    const auto& contact = all.at("contacts").front();
    EXPECT_EQ(contact["name"], "named " + ours_.str());
    EXPECT_EQ(contact["settings"]["url"]["shown"], "https://example.org");
    EXPECT_TRUE(contact["settings"]["url"]["sealed"].is_null());
    ASSERT_EQ(all.at("users").size(), 1U);
    ASSERT_EQ(all.at("api_keys").size(), 1U);
    EXPECT_TRUE(all.at("api_keys").front()["secret_hash"].is_null());
    ASSERT_EQ(all.at("access_keys").size(), 1U);
    EXPECT_TRUE(all.at("access_keys").front()["sealed_secret"].is_null());
    EXPECT_EQ(all.at("access_keys").front()["access_key"],
              text("select access_key from access_keys where tenant_id = " + quoted(ours_)));
    ASSERT_EQ(all.at("scim_tokens").size(), 1U);
    EXPECT_TRUE(all.at("scim_tokens").front()["secret_hash"].is_null());
    for (const auto& [resource, rows] : all) {
        for (const auto& row : rows) {
            EXPECT_THAT(row.dump(), Not(HasSubstr(theirs_.str()))) << resource;
            EXPECT_THAT(row.dump(), Not(HasSubstr("c2VjcmV0"))) << resource;
            EXPECT_FALSE(row.is_object() && row.contains("tenant_id")) << resource;
        }
    }
    const auto about = json::parse(source->about());
    EXPECT_EQ(about["tenant"]["id"], ours_.str());
    EXPECT_THAT(about["to_enter_again"].dump(), HasSubstr("contacts"));
    EXPECT_THAT(about["left_out"].dump(), HasSubstr("quotas"));
}

TEST_F(ExportsTest, CallAnAuditorAnAuditor)
{
    sql("insert into users (tenant_id, user_id, email, name, role, audits) values "
        "(" +
        quoted(ours_) +
        ", gen_random_uuid(), 'auditor@example.org', 'A', 'viewer', true), "
        "(" +
        quoted(ours_) + ", gen_random_uuid(), 'viewer@example.org', 'V', 'viewer', false)");
    queue(ours_);
    const auto source = opened(claimed());
    std::map<std::string, std::string> roles;
    const auto exported = all_of(*source);
    for (const auto& user : exported.at("users")) {
        roles[user.at("email")] = user.at("role");
        EXPECT_FALSE(user.contains("audits"));
    }
    EXPECT_EQ(roles, (std::map<std::string, std::string>{{"admin@example.org", "admin"},
                                                         {"auditor@example.org", "auditor"},
                                                         {"viewer@example.org", "viewer"}}));
}

TEST_F(ExportsTest, NoPieceIsLongerThanAReaderTakesHoweverLongRowsAre)
{
    sql("insert into backtests (tenant_id, backtest_id, state, range_from, range_until, max_alerts, draft, "
        "draft_rules, "
        "live_rules, created_at, created_by, result) select " +
        quoted(ours_) +
        ", gen_random_uuid(), 'queued', now() - interval '1 day', now(), 1, repeat('\"', 4000000), 0, 0, now(), 'x', "
        "repeat('r', 900000) from generate_series(1, 12) n");
    sql("insert into ruleset_versions (tenant_id, version, made_by, created, updated, deleted, moved, rule_ids, "
        "rule_versions) select " +
        quoted(ours_) +
        ", n, 'x', 0, 0, 0, 0, array_fill(gen_random_uuid(), array[20000]), array_fill(1, array[20000]) from "
        "generate_series(1, 12) n");
    queue(ours_);
    const auto source = opened(claimed());
    std::map<std::string, std::int64_t> rows;
    while (true) {
        const auto piece = source->next({});
        ASSERT_TRUE(piece) << piece.error().message();
        if (!*piece) break;
        EXPECT_LT((*piece)->lines.size(), std::size_t{2} << 20U) << (*piece)->resource;
        rows[(*piece)->resource] += (*piece)->rows;
    }
    EXPECT_EQ(rows["backtests"], 12);
    EXPECT_GE(rows["ruleset_versions"], 12);
}

TEST_F(ExportsTest, AlertsComeInOrderAndADayAtATime)
{
    sql("select make_day_partitions((now() at time zone 'UTC')::date - 1, 2)");
    const std::string midnight = "(now() at time zone 'UTC')::date::timestamp at time zone 'UTC'";
    journal_row(ours_, midnight + " - interval '2 hours'", 1);
    journal_row(ours_, midnight + " - interval '1 hour'", 2);
    journal_row(ours_, midnight, 3);
    journal_row(theirs_, midnight, 4);
    queue(ours_);
    const auto source = opened(claimed());
    std::vector<std::string> days;
    while (true) {
        const auto piece = source->next({});
        ASSERT_TRUE(piece) << piece.error().message();
        if (!*piece) break;
        if ((*piece)->alerts.empty()) continue;
        std::string seqs;
        for (const auto& row : (*piece)->alerts) seqs += row.payload;
        days.push_back(seqs);
    }
    EXPECT_THAT(days, testing::ElementsAre("12", "3"));
}

TEST_F(ExportsTest, AreOneAtATimeOfATenantAndTakenInTurn)
{
    const auto first = queue(ours_);
    EXPECT_ANY_THROW(queue(ours_)) << "one is unfinished";
    const auto second = queue(theirs_);
    const auto one = claimed("a");
    EXPECT_EQ(one.id.str(), first);
    EXPECT_EQ(claimed("b").id.str(), second);
    EXPECT_FALSE(jobs_->claim("c")->has_value());
    EXPECT_TRUE(jobs_->append(one, 0, "bytes").value());
    EXPECT_TRUE(jobs_->finish(one, {.files = 1, .rows = 2, .bytes = 5, .parts = 1}).value());
    EXPECT_EQ(text("select state from exports where export_id = '" + first + "'"), "ready");
    EXPECT_NO_THROW(queue(ours_));
}

TEST_F(ExportsTest, WhoseRunnerIsSilentIsBegunAnewAndThatOneChangesNothingAnyMore)
{
    queue(ours_);
    const auto gone = claimed("a");
    EXPECT_TRUE(jobs_->append(gone, 0, "old").value());
    sql("update exports set touched_at = now() - interval '61 seconds'");
    const auto again = claimed("b");
    EXPECT_EQ(again.attempt, 2);
    EXPECT_FALSE(jobs_->clear(gone, {}).value());
    EXPECT_TRUE(jobs_->clear(again, {}).value());
    EXPECT_EQ(number("select count(*) from export_parts"), 0);
    EXPECT_FALSE(jobs_->keep(gone).value());
    EXPECT_FALSE(jobs_->append(gone, 1, "late").value());
    EXPECT_FALSE(jobs_->finish(gone, {}).value());
    EXPECT_TRUE(jobs_->append(again, 0, "new").value());
    EXPECT_TRUE(jobs_->release(again).value());
    EXPECT_EQ(claimed("c").attempt, 3);
    sql("update exports set touched_at = now() - interval '61 seconds'");
    EXPECT_FALSE(jobs_->claim("d")->has_value());
    EXPECT_EQ(text("select state || ': ' || error from exports"),
              "failed: it was begun 3 times, and never came to its end");
}

TEST_F(ExportsTest, OneThatWasDeletedTakesNoFurtherPart)
{
    queue(ours_);
    const auto job = claimed();
    EXPECT_TRUE(jobs_->append(job, 0, "bytes").value());
    sql("delete from exports");
    EXPECT_FALSE(jobs_->append(job, 1, "bytes").value());
    EXPECT_EQ(do_chore("forget_exports"), 1U);
    EXPECT_EQ(number("select count(*) from export_parts"), 0);
}

TEST_F(ExportsTest, PartsGoABoundedNumberAtATimeWhoeverTakesThemAway)
{
    sql("create function few() returns trigger language plpgsql as $$ begin if (select count(*) from gone) > 32 then "
        "raise 'too many parts at once'; end if; return null; end $$; create trigger few after delete on export_parts "
        "referencing old table as gone for each statement execute function few()");
    const auto parts = [&](const TenantId& tenant, const std::string& id) {
        sql("insert into export_parts select " + quoted(tenant) + ", '" + id +
            "', n, 'x' from generate_series(0, 99) n");
    };
    const auto stored = [&](const std::string& id) {
        return number("select count(*) from export_parts where export_id = '" + id + "'");
    };
    const auto begun = queue(ours_);
    const auto kept = queue(theirs_, "ready");
    const auto failed = queue(theirs_, "failed");
    for (const auto& id : {kept, failed}) parts(theirs_, id);
    parts(ours_, begun);
    sql("update exports set finished_at = now() where state in ('ready', 'failed')");

    const auto job = claimed();
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(jobs_->clear(job, stop.get_token()).error().code(), ErrorCode::unavailable);
    EXPECT_TRUE(jobs_->clear(job, {}).value());
    EXPECT_EQ(stored(begun), 0);

    parts(ours_, begun);
    sql("delete from exports where export_id = '" + begun + "'");
    EXPECT_EQ(do_chore("forget_exports"), 200U);
    EXPECT_EQ(stored(begun), 0);
    EXPECT_EQ(stored(failed), 0) << "of no use to anybody";
    EXPECT_EQ(stored(kept), 100);
}

TEST_F(ExportsTest, APartThatIsSentAgainIsStoredOnce)
{
    queue(ours_);
    const auto job = claimed();
    EXPECT_TRUE(jobs_->append(job, 0, "bytes").value());
    EXPECT_TRUE(jobs_->append(job, 0, "bytes").value());
    EXPECT_EQ(number("select count(*) from export_parts"), 1);
}

TEST_F(ExportsTest, ContentGoesAfterAWeekAndTheRestAfterAMonth)
{
    const auto old = queue(ours_, "ready");
    sql("insert into export_parts select " + quoted(ours_) + ", '" + old + "', n, 'x' from generate_series(0, 39) n");
    sql("update exports set finished_at = now() - interval '6 days'");
    EXPECT_EQ(do_chore("forget_exports"), 0U);
    sql("update exports set finished_at = now() - interval '8 days'");
    EXPECT_EQ(do_chore("forget_exports"), 40U);
    EXPECT_EQ(number("select count(*) from exports"), 1);
    sql("update exports set finished_at = now() - interval '31 days'");
    EXPECT_EQ(do_chore("forget_exports"), 1U);
}

}  // namespace
}  // namespace winnow::pg
