#include "winnow/pg/migrator.hpp"

#include "support/postgres.hpp"

#include <gmock/gmock.h>
#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/nontransaction>

#include <atomic>
#include <thread>

namespace winnow::pg {
namespace {

using test::PostgresCluster;

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
    const auto applied = migrate(
        database.superuser, [&](std::size_t, std::size_t, std::string_view name) { steps.emplace_back(name); }, both);
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
        {kTwo[0], {"0002_b", "do $$ begin raise exception 'in the way' using errcode = 'lock_not_available'; end $$"}});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), ErrorCode::conflict);
    EXPECT_THAT(failed.error().message(), testing::HasSubstr("0002_b"));
    EXPECT_THAT(failed.error().message(), testing::HasSubstr("stop the nodes"));
    EXPECT_EQ(count_tables(database.superuser), 2) << "a and schema_migrations";
}

TEST(Login, SaysWhyThereIsNone)
{
    const auto database = PostgresCluster::instance().fresh_database();
    EXPECT_TRUE(check_login(database.api));
    const auto refused = check_login(database.api + " dbname=nowhere");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::permission_denied);
    EXPECT_THAT(refused.error().message(), testing::HasSubstr("SQLSTATE 3D000"));
    const auto unreachable = check_login("host=/nowhere password=hunter2");
    ASSERT_FALSE(unreachable);
    EXPECT_EQ(unreachable.error().code(), ErrorCode::unavailable) << "it may come back";
    EXPECT_THAT(unreachable.error().message(), testing::HasSubstr("/nowhere"));
    EXPECT_THAT(unreachable.error().message(), testing::Not(testing::HasSubstr("hunter2")));
    EXPECT_EQ(check_login("nonsense").error().code(), ErrorCode::invalid_argument);
}

TEST(Login, AFileOfOursThatCannotBeReadIsNotWaitedFor)
{
    const std::string away = "host=/nowhere password=hunter2 ";
    const auto missing = check_login(away + "sslmode=verify-full sslrootcert=/no/ca.pem");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code(), ErrorCode::invalid_argument);
    EXPECT_THAT(missing.error().message(), testing::HasSubstr("sslrootcert"));
    EXPECT_THAT(missing.error().message(), testing::HasSubstr("/no/ca.pem"));
    EXPECT_THAT(missing.error().message(), testing::HasSubstr("database.ca_file")) << "where else it may be named";
    EXPECT_THAT(missing.error().message(), testing::Not(testing::HasSubstr("hunter2")));
    EXPECT_EQ(check_login(away + "sslmode=sometimes").error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(check_login(away + "sslmode=require sslrootcert=/no/ca.pem").error().code(), ErrorCode::unavailable)
        << "libpq does without it";
}

TEST(Login, AHostThatNobodyKnowsYetIsNamed)
{
    const auto unknown = check_login("host=winnow-database.invalid");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code(), ErrorCode::unavailable) << "names become known late, too";
    EXPECT_THAT(unknown.error().message(), testing::HasSubstr("winnow-database.invalid"));
}

TEST(Login, ARoleThatRowLevelSecurityDoesNotBindIsFoundOut)
{
    const auto database = PostgresCluster::instance().fresh_database();
    EXPECT_TRUE(check_isolation(database.api));
    EXPECT_EQ(check_isolation(database.superuser).error().code(), ErrorCode::conflict);
}

TEST(Durability, AServerThatCouldLoseACommitIsRefused)
{
    const auto database = PostgresCluster::instance().fresh_database();
    const auto refused = check_durability(database.superuser + " options='-c synchronous_commit=off'");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
    EXPECT_THAT(refused.error().message(), testing::HasSubstr(" = off"));
}

TEST(Durability, TheErrorSaysNothingOfTheConnectionString)
{
    const auto failed = check_durability("host=/nowhere password=hunter2");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), ErrorCode::unavailable);
    EXPECT_THAT(failed.error().message(), testing::Not(testing::HasSubstr("hunter2")));
}

}  // namespace
}  // namespace winnow::pg
