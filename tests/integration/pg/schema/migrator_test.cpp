#include "winnow/pg/migrator.hpp"

#include "support/postgres.hpp"

#include <gmock/gmock.h>
#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/nontransaction>
#include <pqxx/transaction>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace winnow::pg {
namespace {

using test::PostgresCluster;

using namespace std::chrono_literals;

constexpr LockPatience kBrief{.wait = 200ms, .pause = 100ms, .in_all = 2s};

const std::vector<Migration> kTwo = {{"0001_a", "create table a (n integer)"},
                                     {"0002_b", "create table b (n integer)"}};

long count_tables(const std::string& conninfo)
{
    pqxx::connection connection(conninfo);
    return pqxx::nontransaction(connection)
        .exec1("select count(*) from pg_tables where schemaname = 'public'")[0]
        .as<long>();
}

TEST(Migrator, BringsAnEmptyDatabaseToTheSchemaAndThenHasNothingToDo)
{
    const auto database = PostgresCluster::instance().empty_database();
    std::vector<std::string> steps;
    const auto note = [&](std::size_t, std::size_t, std::string_view name) {
        steps.emplace_back(name);
    };

    ASSERT_EQ(migrate(database.superuser, note).value(), embedded_migrations().size());
    EXPECT_EQ(steps.front(), "0001_core");
    EXPECT_EQ(steps.back(), "");
    EXPECT_EQ(migrate(database.superuser).value(), 0U);
    EXPECT_EQ(migrate(database.owner).value(), 0U) << "the owner may migrate too, once the roles exist";
}

/// Nobody reads a table that is being rewritten until its step ends.
TEST(Migrator, AStepThatRewritesATableBuildsNoIndexMeanwhile)
{
    int rewrites = 0;
    for (const auto& step : embedded_migrations()) {
        if (!step.sql.contains("add column") || !step.sql.contains(" stored;")) continue;
        ++rewrites;
        EXPECT_FALSE(step.sql.contains("create index")) << step.name;
    }
    EXPECT_GT(rewrites, 0);
}

TEST(Migrator, EachRoleCanTellWhetherTheSchemaIsCurrent)
{
    const auto database = PostgresCluster::instance().fresh_database();
    for (const auto& conninfo : {database.api, database.pipeline, database.provider}) {
        EXPECT_TRUE(check_schema(conninfo)) << conninfo;
    }
    const auto empty = PostgresCluster::instance().empty_database();
    EXPECT_EQ(check_schema(empty.superuser).error().code(), ErrorCode::conflict);
}

TEST(Migrator, RefusesAStepThatChangedAfterItWasApplied)
{
    const auto database = PostgresCluster::instance().empty_database();
    ASSERT_TRUE(migrate(database.superuser, {}, kTwo));
    auto changed = kTwo;
    changed[0].sql = "create table a (n bigint)";
    const auto refused = migrate(database.superuser, {}, changed);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
    EXPECT_THAT(refused.error().message(), testing::HasSubstr("0001_a has changed"));
}

TEST(Migrator, RefusesADatabaseThatANewerProgramMigrated)
{
    const auto database = PostgresCluster::instance().empty_database();
    ASSERT_TRUE(migrate(database.superuser, {}, kTwo));
    const auto refused = migrate(database.superuser, {}, {kTwo[0]});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), testing::HasSubstr("0002_b is unknown"));
    EXPECT_FALSE(check_schema(database.api, {kTwo[0]}));
}

TEST(Migrator, AProgramGoesOnServingOnANewerSchemaThatIsMarkedCompatible)
{
    const auto database = PostgresCluster::instance().empty_database();
    ASSERT_TRUE(migrate(database.superuser, {}, {kTwo[0]}));
    const std::vector<Migration> newer = {
        kTwo[0],
        {"0002_b", "-- 0002: a table that nobody has to know.\n-- compatible: yes\ncreate table b (n integer)"}};
    ASSERT_TRUE(migrate(database.superuser, {}, newer));
    EXPECT_TRUE(check_schema(database.api, {kTwo[0]})) << "half way through an upgrade a node may start again";
    EXPECT_TRUE(check_schema(database.api, newer));
    EXPECT_FALSE(migrate(database.superuser, {}, {kTwo[0]})) << "but an old program does not migrate";

    const std::vector<Migration> newest = {newer[0], newer[1], {"0003_c", "-- 0003\ncreate table c (n integer)"}};
    EXPECT_FALSE(check_schema(database.api, newest)) << "a new program waits for its schema";
    ASSERT_TRUE(migrate(database.superuser, {}, newest));
    const auto refused = check_schema(database.api, {kTwo[0]});
    ASSERT_FALSE(refused) << "one step among them is not compatible";
    EXPECT_THAT(refused.error().message(), testing::HasSubstr("0003_c is unknown"));
}

TEST(Migrator, ADatabaseThatAProgramWithoutCompatibilityMadeIsUnderstood)
{
    const auto database = PostgresCluster::instance().empty_database();
    ASSERT_TRUE(migrate(database.superuser, {}, kTwo));
    {
        pqxx::connection connection(database.superuser);
        pqxx::nontransaction(connection).exec0("alter table schema_migrations drop column compatible");
    }
    EXPECT_TRUE(check_schema(database.api, kTwo));
    EXPECT_FALSE(check_schema(database.api, {kTwo[0]}));
    EXPECT_EQ(migrate(database.superuser, {}, kTwo).value(), 0U);
    EXPECT_TRUE(check_schema(database.api, kTwo));
}

TEST(Migrator, RefusesAStepThatWouldComeBeforeAnAppliedOne)
{
    const auto database = PostgresCluster::instance().empty_database();
    ASSERT_TRUE(migrate(database.superuser, {}, {kTwo[1]}));
    EXPECT_EQ(migrate(database.superuser, {}, kTwo).error().code(), ErrorCode::conflict);
}

TEST(Migrator, AFailedStepLeavesNothingBehindAndTheEarlierOnesStay)
{
    const auto database = PostgresCluster::instance().empty_database();
    const auto failed = migrate(database.superuser, {},
                                {kTwo[0], {"0002_b", "create table b (n integer); create table b (n integer)"}});
    EXPECT_FALSE(failed);
    EXPECT_EQ(count_tables(database.superuser), 2) << "a and schema_migrations";
    EXPECT_EQ(migrate(database.superuser, {}, kTwo).value(), 1U);
}

TEST(Migrator, TwoAtOnceApplyEachStepOnce)
{
    const auto database = PostgresCluster::instance().empty_database();
    std::size_t applied[2] = {};
    {
        const std::jthread one([&] { applied[0] = migrate(database.superuser).value_or(99); });
        const std::jthread two([&] { applied[1] = migrate(database.superuser).value_or(99); });
    }
    EXPECT_EQ(applied[0] + applied[1], embedded_migrations().size());
}

TEST(Migrator, ClosesTheDatabaseToEverybodyButItsRoles)
{
    const auto database = PostgresCluster::instance().empty_database();
    ASSERT_TRUE(migrate(database.superuser));
    pqxx::connection connection(database.superuser);
    pqxx::nontransaction tx(connection);
    for (const std::string privilege : {"connect", "temporary"}) {
        EXPECT_FALSE(
            tx.exec1("select has_database_privilege('public', current_database(), '" + privilege + "')")[0].as<bool>())
            << privilege;
    }
    for (const auto& role : {database.api, database.pipeline, database.provider, database.owner}) {
        pqxx::connection served(role);
        EXPECT_THROW(pqxx::nontransaction(served).exec("create temporary table t ()"), pqxx::sql_error);
    }
    EXPECT_EQ(migrate(database.superuser).value_or(99), 0U) << "again changes nothing";
}

/// As a node's claim does: reads to change, then changes, in one statement. It waits for ever rather than end by
/// itself.
void claim_until(const std::string& conninfo, const std::atomic<bool>& ended)
{
    pqxx::connection connection(conninfo + " options='-c deadlock_timeout=1h'");
    pqxx::nontransaction tx(connection);
    while (!ended) tx.exec0("with due as (select n from a for update) update a set n = a.n from due where a.n = due.n");
}

TEST(Migrator, AStepThatANodeAtWorkDeadlocksWithIsTriedAgainAndPasses)
{
    const auto database = PostgresCluster::instance().empty_database();
    const std::vector<Migration> first = {{"0001_a", "create table a (n integer); insert into a values (1)"}};
    ASSERT_TRUE(migrate(database.superuser, {}, first));
    // Readers may go on while the index is built, so a claim comes half way, and waits for the end of the step; which
    // waits for the claim.
    const std::vector<Migration> both = {first[0], {"0002_index", R"sql(
        create index on a (n);
        do $$ begin
            while not exists (select from pg_locks where relation = 'a'::regclass and not granted) loop
                perform pg_sleep(0.01);
            end loop;
        end $$;
        alter table a add m integer;
    )sql"}};
    std::atomic<bool> ended{false};
    const std::jthread node([&] { claim_until(database.superuser, ended); });
    std::vector<std::string> steps;
    const auto applied =
        migrate(database.superuser, [&](std::size_t, std::size_t, std::string_view name) { steps.emplace_back(name); },
                both, {.wait = 2s, .pause = 100ms, .in_all = 60s});
    ended = true;
    ASSERT_TRUE(applied) << applied.error().message();
    EXPECT_EQ(*applied, 1U);
    EXPECT_THAT(steps, testing::ElementsAre("0002_index", ""));
    EXPECT_TRUE(check_schema(database.api, both));
}

TEST(Migrator, AStepThatNeverGetsItsLocksGivesUpAndSaysWhatToDo)
{
    const auto database = PostgresCluster::instance().empty_database();
    const auto failed = migrate(
        database.superuser, {},
        {kTwo[0], {"0002_b", "do $$ begin raise exception 'in the way' using errcode = 'lock_not_available'; end $$"}},
        kBrief);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), ErrorCode::conflict);
    EXPECT_THAT(failed.error().message(), testing::HasSubstr("0002_b"));
    EXPECT_THAT(failed.error().message(), testing::HasSubstr("stop the nodes"));
    EXPECT_EQ(count_tables(database.superuser), 2) << "a and schema_migrations";
}

/// Somebody whose transaction has read `a` and lasts.
class Dump {
public:
    explicit Dump(const std::string& conninfo)
        : connection_(conninfo + " application_name='nightly dump'"), tx_(connection_)
    {
        tx_.exec("select from a");
    }
    void end() { tx_.commit(); }
    [[nodiscard]] int process() const { return connection_.backendpid(); }

private:
    pqxx::connection connection_;
    pqxx::work tx_;
};

/// A node that writes all the time and waits for a lock as long as it may.
class Writer {
public:
    explicit Writer(const std::string& conninfo)
        : thread_([this, conninfo](const std::stop_token& stop) { write(conninfo, stop); })
    {
    }
    [[nodiscard]] int writes() const { return writes_; }
    [[nodiscard]] int refused() const { return refused_; }

private:
    void write(const std::string& conninfo, const std::stop_token& stop)
    {
        pqxx::connection connection(conninfo + " options='-c lock_timeout=5s'");
        pqxx::nontransaction tx(connection);
        while (!stop.stop_requested()) {
            try {
                tx.exec0("insert into a values (1)");
                ++writes_;
            } catch (const pqxx::sql_error&) {
                ++refused_;
            }
        }
    }

    std::atomic<int> writes_{0};
    std::atomic<int> refused_{0};
    std::jthread thread_;
};

/// Polls until `condition` holds; false after a minute.
template <typename Condition>
bool soon(const Condition& condition)
{
    const auto until = std::chrono::steady_clock::now() + 1min;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(1ms);  // polls for the condition
    }
    return true;
}

TEST(Migrator, WhileAStepWaitsForALongTransactionTheServiceGoesOn)
{
    const auto database = PostgresCluster::instance().empty_database();
    ASSERT_TRUE(migrate(database.superuser, {}, {kTwo[0]}));
    Dump dump(database.superuser);
    const Writer writer(database.superuser);
    Result<std::size_t> migrated = Error(ErrorCode::internal, "");
    {
        const std::jthread migration([&] {
            migrated = migrate(database.superuser, {}, {kTwo[0], {"0002_m", "alter table a add m integer"}},
                               {.wait = 200ms, .pause = 100ms, .in_all = 5min});
        });
        pqxx::connection connection(database.superuser);
        pqxx::nontransaction tx(connection);
        for (int tries = 0; tries < 3; ++tries) {
            EXPECT_TRUE(soon([&] {
                return !tx.exec(
                              "select from pg_locks where relation = 'a'::regclass and "
                              "mode = 'AccessExclusiveLock' and not granted")
                            .empty();
            })) << "it waits";
            const auto before = writer.writes();
            EXPECT_TRUE(soon([&] { return writer.writes() > before + 1; })) << "and lets go";
        }
        dump.end();
    }
    ASSERT_TRUE(migrated) << migrated.error().message();
    EXPECT_EQ(writer.refused(), 0);
}

TEST(Migrator, AStepThatALongTransactionKeepsFromItsLocksSaysWhoseItIs)
{
    const auto database = PostgresCluster::instance().empty_database();
    ASSERT_TRUE(migrate(database.superuser, {}, {kTwo[0]}));
    const Dump dump(database.superuser);
    const auto failed = migrate(database.superuser, {}, {kTwo[0], {"0002_m", "alter table a add m integer"}}, kBrief);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), ErrorCode::conflict);
    for (const auto& words : {std::string("0002_m"), std::string("the table a;"), std::string("nightly dump"),
                              std::to_string(dump.process()), std::string("idle in transaction: select from a"),
                              std::string("at work since ")}) {
        EXPECT_THAT(failed.error().message(), testing::HasSubstr(words));
    }
}

TEST(Migrator, ARoleThatMayNotIsNamedWithWhatToDo)
{
    const auto database = PostgresCluster::instance().fresh_database();
    const auto refused = migrate(database.api);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::permission_denied);
    EXPECT_THAT(refused.error().message(), testing::HasSubstr("the role winnow_api may not migrate this database"));
    EXPECT_THAT(refused.error().message(), testing::HasSubstr("GRANT winnow_owner TO winnow_api"));
}

}  // namespace
}  // namespace winnow::pg
