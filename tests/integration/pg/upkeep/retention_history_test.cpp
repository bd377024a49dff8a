/// @file
/// For how long what is over is kept: keys, receipts, back-tests, versions, streams, and the provider's limit.

#include "retention_fixture.hpp"

#include <pqxx/except>

#include <algorithm>
#include <functional>
#include <string>

namespace winnow::pg {
namespace {

using domain::Kept;

TEST_F(RetentionTest, KeysThatOpenNothingAnyMoreGo)
{
    keep(Kept::keys, 30);
    const auto user = text("select user_id from users where tenant_id = " + t());
    int keys = 100;
    const auto key = [&](const std::string& name, const std::string& revoked, const std::string& expires) {
        sql("insert into api_keys (tenant_id, key_id, user_id, name, secret_hash, hint, revoked_at, expires_at) values "
            "(" +
            t() + ", gen_random_uuid(), '" + user + "', '" + name + "', sha256('" + std::to_string(++keys) +
            "'), 'h', " + revoked + ", " + expires + ")");
    };
    key("a revoked", ago(30), "null");
    key("b revoked lately", ago(29), "null");
    key("c expired", "null", ago(30));
    key("d expired lately", "null", ago(29));
    key("e lives", "null", "now() + interval '1 day'");
    key("f revoked before it would expire", ago(30), "now() + interval '1 day'");
    const auto integration = new_uuid().str();
    sql("insert into integrations (tenant_id, integration_id, name) values (" + t() + ", '" + integration + "', 'i')");
    for (const std::string revoked : {"null", "now()", "now() - interval '31 days'"}) {
        sql("insert into integration_keys (tenant_id, key_id, integration_id, secret_hash, hint, revoked_at) values (" +
            t() + ", gen_random_uuid(), '" + integration + "', sha256('" + std::to_string(++keys) + "'), 'h', " +
            revoked + ")");
    }
    EXPECT_EQ(do_chore("forget_keys"), 4U);
    EXPECT_EQ(names("name", "api_keys where name <> 'first key'"), "b revoked lately d expired lately e lives");
    EXPECT_EQ(number("select count(*) from integration_keys"), 2);
}

TEST_F(RetentionTest, ThePipelineSeesOfKeysOnlyThoseThatOpenNothingAndNeitherSecretNorOwner)
{
    pqxx::connection connection(database_.pipeline);
    pqxx::nontransaction tx(connection);
    EXPECT_EQ(tx.exec("select key_id from api_keys").size(), 0U) << "the admins' live keys";
    EXPECT_GT(number("select count(*) from api_keys"), 0);
    EXPECT_EQ(tx.exec("delete from api_keys where revoked_at is null and expires_at is null").affected_rows(), 0U);
    EXPECT_THROW(tx.exec("select secret_hash from api_keys"), pqxx::sql_error);
    EXPECT_THROW(tx.exec("select user_id from api_keys"), pqxx::sql_error);
    EXPECT_THROW(tx.exec("update api_keys set revoked_at = now()"), pqxx::sql_error);
}

TEST_F(RetentionTest, FinishedBacktestsGo)
{
    keep(Kept::backtests, 3);
    for (const auto& [name, days] : {std::pair{"old", 3}, {"young", 2}}) {
        sql("insert into backtests (tenant_id, backtest_id, state, range_from, range_until, max_alerts, draft, "
            "draft_rules, live_rules, created_at, created_by, finished_at) values (" +
            t() + ", gen_random_uuid(), 'done', now() - interval '1 day', now(), 1, '', 0, 0, " + ago(9) + ", '" +
            name + "', " + ago(days) + ")");
    }
    EXPECT_EQ(do_chore("forget_backtests"), 1U);
    EXPECT_EQ(names("created_by", "backtests"), "young");
}

TEST_F(RetentionTest, ReceiptsGoByTheTenantsOwnRetention)
{
    keep(Kept::receipts, 2);
    const auto receipt = [&](const std::string& tenant, const std::string& key, int days) {
        sql("insert into idempotency_receipts values (" + tenant + ", gen_random_uuid(), '" + key +
            "', sha256(''), 202, '', " + ago(days) + ")");
    };
    receipt(t(), "old", 2);
    receipt(t(), "young", 1);
    receipt(other(), "usual", 6);
    receipt(other(), "old by default", 7);
    EXPECT_EQ(do_chore("forget_receipts"), 2U);
    EXPECT_EQ(names("key", "idempotency_receipts"), "usual young");
}

TEST_F(RetentionTest, VersionsOfRulesGoOnceNoVerdictAndNoKeptRuleSetCanNameThem)
{
    sql("update tenant_settings set journal_retention_days = 5");
    keep(Kept::rule_history, 30);
    const auto lives = rule("lives", 1);
    version(lives, 1, 100);  // until 60 days ago
    version(lives, 2, 60);   // until 20 days ago: in force within the retention
    version(lives, 3, 20);
    const auto unchanged = rule("unchanged", 2);
    version(unchanged, 1, 500);
    const auto gone = new_uuid().str();
    version(gone, 1, 100);
    version(gone, 2, 50);  // says that it was deleted
    EXPECT_EQ(do_chore("forget_rule_versions"), 3U);
    EXPECT_EQ(names("version::text", "rule_versions where rule_id = '" + lives + "'"), "2 3");
    EXPECT_EQ(number("select count(*) from rule_versions where rule_id = '" + unchanged + "'"), 1);
    EXPECT_EQ(number("select count(*) from rule_versions where rule_id = '" + gone + "'"), 0);
}

TEST_F(RetentionTest, AVersionThatAKeptRuleSetNamesStays)
{
    sql("update tenant_settings set journal_retention_days = 5");
    keep(Kept::rule_history, 30);
    const auto id = rule("r", 1);
    version(id, 1, 200);
    version(id, 2, 150);
    version(id, 3, 50);
    sql("insert into ruleset_versions (tenant_id, version, made_at, made_by, created, updated, deleted, moved, "
        "rule_ids, "
        "rule_versions) values (" +
        t() + ", 1, " + ago(100) + ", 'x', 1, 0, 0, 0, '{" + id + "}', '{2}')");
    EXPECT_EQ(do_chore("forget_rule_versions"), 1U);
    EXPECT_EQ(names("version::text", "rule_versions"), "2 3");
}

TEST_F(RetentionTest, RuleSetsGoWhenThereAreAHundredLaterOnesAndTheyAreOld)
{
    sql("insert into ruleset_versions (tenant_id, version, made_at, made_by, created, updated, deleted, moved, "
        "rule_ids, "
        "rule_versions) select " +
        t() +
        ", n, now() - (case when n <= 20 then 91 else 89 end) * interval '1 day', 'x', 1, 0, 0, 0, '{}', '{}' "
        "from generate_series(1, 110) n");
    EXPECT_EQ(do_chore("forget_rulesets"), 10U);
    keep(Kept::rule_history, 1);
    EXPECT_EQ(do_chore("forget_rulesets"), 0U) << "the journal can still name them, and the newest hundred stay anyway";
}

/// A version every ten minutes, the first so many minutes ago, the last ten; its number.
int often_changed(const std::function<void(const std::string&)>& sql, const std::string& tenant, int minutes)
{
    sql("insert into ruleset_versions (tenant_id, version, made_at, made_by, created, updated, deleted, moved, "
        "rule_ids, "
        "rule_versions) select " +
        tenant + ", n, now() - (" + std::to_string(minutes) +
        " - 10 * (n - 1)) * interval '1 minute', 'x', 0, 1, 0, "
        "0, '{}', '{}' from generate_series(1, " +
        std::to_string(minutes / 10) + ") n");
    return minutes / 10;
}

TEST_F(RetentionTest, OfRuleSetsBeforeTheNewestTheLastOfEachHourStayAndAfterADayTheLastOfEachDay)
{
    const auto last = often_changed([&](const auto& statement) { sql(statement); }, t(), 5 * 24 * 60);
    const auto before = std::to_string(last - 100);
    EXPECT_GT(do_chore("forget_dense_rulesets"), 500U);
    const auto kept = number("select count(*) from ruleset_versions");
    EXPECT_GE(kept, 100 + 7 + 4);
    EXPECT_LE(kept, 100 + 9 + 6);
    EXPECT_EQ(number("select count(*) from ruleset_versions where version > " + before), 100);
    EXPECT_EQ(do_chore("forget_dense_rulesets"), 0U);
    EXPECT_EQ(number("select count(*) from (select from ruleset_versions where version <= " + before +
                     " and made_at < now() - interval '25 hours' group by date_trunc('day', made_at at time zone "
                     "'UTC') having count(*) > 1) as twice"),
              0);
    EXPECT_EQ(number("select count(*) from ruleset_versions v where version < " + before +
                     " and date_trunc('hour', made_at) = date_trunc('hour', made_at + interval '10 minutes')"),
              0)
        << "the last of its hour";
}

TEST_F(RetentionTest, TheRuleSetInForceStaysHoweverFewStay)
{
    const auto last = often_changed([&](const auto& statement) { sql(statement); }, t(), 30);
    const auto chores = make_chores(pipeline(), {.newest_rulesets = 1});
    const auto thin = std::ranges::find(chores->list(), "forget_dense_rulesets", &ports::Chore::name);
    ASSERT_TRUE(chores->step(static_cast<std::size_t>(thin - chores->list().begin())));
    EXPECT_EQ(number("select max(version) from ruleset_versions"), last);
    EXPECT_GE(number("select count(*) from ruleset_versions"), 2) << "and the last of those before it";
}

TEST_F(RetentionTest, StreamsThatEndedAWeekAgoGoAfterTheirProgress)
{
    sql("insert into journal_streams (node, ended_at) values ('old', " + ago(7) + "), ('young', " + ago(6) +
        "), ('open', null)");
    sql("insert into journal_progress select " + t() + ", stream, 1 from journal_streams");
    EXPECT_EQ(do_chore("forget_streams"), 3U);
    EXPECT_EQ(names("node", "journal_streams"), "open young");
    EXPECT_EQ(number("select count(*) from journal_progress"), 1) << "of the open one";
}

TEST_F(RetentionTest, TheProvidersLimitHoldsForWhatATenantChoseBefore)
{
    keep(Kept::deliveries, 300);
    const auto id = ticket(tenant_, "t", "open", 0);
    delivery(id, "delivered", 40);
    EXPECT_EQ(do_chore("forget_deliveries"), 0U);
    const auto chores = make_chores(pipeline(), {.max_retention = std::chrono::days{30}});
    const auto found = std::ranges::find(chores->list(), "forget_deliveries", &ports::Chore::name);
    EXPECT_EQ(chores->step(static_cast<std::size_t>(found - chores->list().begin()))->rows, 1U);
}

}  // namespace
}  // namespace winnow::pg
