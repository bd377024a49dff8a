#include "winnow/pg/database_checks.hpp"

#include "support/postgres.hpp"

#include <gmock/gmock.h>
#include <pqxx/connection>
#include <pqxx/nontransaction>

#include <string>
#include <vector>

namespace winnow::pg {
namespace {

using test::PostgresCluster;

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

TEST(Region, ADatabaseIsWhereItsTenantsSayThatTheyBelong)
{
    const auto database = PostgresCluster::instance().fresh_database();
    pqxx::connection connection(database.superuser);
    pqxx::nontransaction sql(connection);
    sql.exec0("insert into tenants (tenant_id, service_code, name) values (gen_random_uuid(), 'older', 'Older')");
    EXPECT_TRUE(check_region(database.provider, "eu")) << "one that says of none";
    sql.exec0(
        "insert into tenants (tenant_id, service_code, name, data_region) "
        "select gen_random_uuid(), 'code' || n, 'T', case n when 3 then 'eu' else 'jp-east' end from "
        "generate_series(1, 3) n");
    for (const std::string elsewhere : {"eu", ""}) {
        const auto refused = check_region(database.provider, elsewhere);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
        EXPECT_THAT(refused.error().message(), testing::HasSubstr("2 of its tenants must lie in jp-east"));
    }
    sql.exec0("update tenants set data_region = '' where data_region = 'eu'");
    EXPECT_TRUE(check_region(database.provider, "jp-east"));
    for (const auto& wrong : std::vector<std::string>{"-jp", "jp-", "JP", "jp_east", std::string(33, 'a')}) {
        EXPECT_THROW(sql.exec0("update tenants set data_region = " + sql.quote(wrong)), pqxx::check_violation);
    }
}

}  // namespace
}  // namespace winnow::pg
