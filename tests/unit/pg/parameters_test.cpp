#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/connection.hpp"
#include "pg/session/sql_errors.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace winnow::pg {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ArrayLiteral, QuotesWhatPostgresqlWouldReadAsSyntax)
{
    EXPECT_EQ(array_of(std::vector<std::string>{}), "{}");
    EXPECT_EQ(array_of(std::vector<std::string>{"", "NULL", "a,b", "{}", "\"", "\\"}),
              R"({"","NULL","a,b","{}","\"","\\"})");
}

TEST(ArrayLiteral, WritesNumbersIdsInstantsAndNullsBare)
{
    ArrayLiteral literal;
    literal.add(-1);
    literal.add(true);
    literal.add(std::optional<std::int64_t>());
    literal.add(TenantId(Uuid::from_words(0, 1)));
    literal.add(Timestamp(std::chrono::milliseconds{1}));
    EXPECT_EQ(literal.take(), "{-1,t,NULL,00000000-0000-0000-0000-000000000001,1970-01-01T00:00:00.001Z}");
    EXPECT_EQ(literal.take(), "{}") << "taken means empty";
}

TEST(Parameters, TextWithNulIsRefusedBecauseItWouldBeCut)
{
    const std::string nul("a\0b", 3);
    ArrayLiteral literal;
    EXPECT_THROW(literal.add(nul), BadParameter);
    Arguments arguments;
    EXPECT_THROW(arguments.add(nul), BadParameter);
    EXPECT_EQ(to_error(BadParameter("text must not contain U+0000")).code(), ErrorCode::invalid_argument);
}

TEST(Parameters, NullsAndBytesHaveTheirOwnForms)
{
    Arguments arguments;
    arguments.add(std::optional<Timestamp>());
    arguments.add(Bytes{std::string_view("\x00\xff", 2)});
    EXPECT_EQ(arguments.pointers()[0], nullptr);
    EXPECT_STREQ(arguments.pointers()[1], "\\x00ff");
}

TEST(SessionConninfo, AddsLimitsToAStringAndToAUri)
{
    for (const std::string conninfo : {"host=db user=winnow_api", "postgresql://winnow_api@db/"}) {
        const auto full = session_conninfo({.conninfo = conninfo});
        EXPECT_THAT(full, HasSubstr("host='db'"));
        EXPECT_THAT(full, HasSubstr("user='winnow_api'"));
        EXPECT_THAT(full, HasSubstr("connect_timeout='5'"));
        EXPECT_THAT(full, HasSubstr("tcp_user_timeout='15000'"));
        EXPECT_THAT(full, HasSubstr("-c TimeZone=UTC"));
    }
}

TEST(SessionConninfo, KeepsWhatTheOperatorSetAndQuotesIt)
{
    const auto full = session_conninfo(
        {.conninfo = R"(password='it\'s\\' connect_timeout=60 options='-c work_mem=1MB')", .application_name = "n"});
    EXPECT_THAT(full, HasSubstr(R"(password='it\'s\\')"));
    EXPECT_THAT(full, HasSubstr("connect_timeout='60'"));
    EXPECT_THAT(full, HasSubstr("-c work_mem=1MB -c DateStyle=ISO"));
}

TEST(SessionConninfo, RefusesNonsenseWithoutRepeatingIt)
{
    try {
        static_cast<void>(session_conninfo({.conninfo = "password='hunter2"}));
        FAIL();
    } catch (const std::invalid_argument& refused) {
        EXPECT_THAT(refused.what(), Not(HasSubstr("hunter2")));
    }
}

/// Without what the environment of the tests says.
class WithTls : public testing::Test {
protected:
    WithTls()
    {
        for (const auto* name : kNames) unsetenv(name);
    }
    ~WithTls() override
    {
        for (const auto* name : kNames) unsetenv(name);
    }
    static constexpr const char* kNames[] = {"PGHOST", "PGHOSTADDR", "PGSSLMODE", "PGSSLROOTCERT"};
};

TEST_F(WithTls, AServerThatIsReachedByNetworkIsVerified)
{
    for (const std::string remote :
         {"postgresql://u@db.internal/winnow", "host=10.0.0.1", "hostaddr=10.0.0.1", "host=/run/postgresql,db2",
          "postgresql://u@localhost,db2/winnow", "host=db.internal hostaddr=127.0.0.1", "host=localhost.example"}) {
        EXPECT_THAT(with_tls(remote, "verify-full", "/ca.pem"),
                    testing::AllOf(HasSubstr("sslmode='verify-full'"), HasSubstr("sslrootcert='/ca.pem'")))
            << remote;
        EXPECT_THAT(with_tls(remote, "verify-full", ""), HasSubstr("sslrootcert='/etc/ssl/certs/ca-certificates.crt'"));
    }
}

TEST_F(WithTls, ASocketAndThisMachineAreLeftAsTheyAre)
{
    for (const std::string here : {"", "dbname=winnow", "host=/run/postgresql", "host=@abstract", "host=localhost",
                                   "postgresql://u@127.0.0.1:5433/winnow", "postgresql://u@[::1]/winnow",
                                   "host=127.0.0.1,localhost", "hostaddr=127.0.0.2", "no connection string"}) {
        EXPECT_EQ(with_tls(here, "verify-full", "/ca.pem"), here);
    }
}

TEST_F(WithTls, WhatIsSaidElsewhereHolds)
{
    const std::string url = "postgresql://u:p@db/winnow?sslmode=";
    EXPECT_THAT(with_tls(url + "disable", "verify-full", "/ca.pem"),
                testing::AllOf(HasSubstr("sslmode='disable'"), Not(HasSubstr("sslrootcert"))));
    EXPECT_THAT(with_tls(url + "verify-ca", "disable", "/ca.pem"),
                testing::AllOf(HasSubstr("sslmode='verify-ca'"), HasSubstr("sslrootcert='/ca.pem'")));
    EXPECT_THAT(with_tls(url + "verify-full", "disable", ""), Not(HasSubstr("sslrootcert"))) << "libpq's own place";
    EXPECT_THAT(with_tls(url + "verify-full&sslrootcert=/mine.pem", "disable", "/ca.pem"),
                testing::AllOf(HasSubstr("sslrootcert='/mine.pem'"), Not(HasSubstr("'/ca.pem'"))));
    EXPECT_THAT(with_tls("host=db", "require", "/ca.pem"),
                testing::AllOf(HasSubstr("sslmode='require'"), Not(HasSubstr("sslrootcert"))));
    setenv("PGSSLMODE", "prefer", 1);
    EXPECT_THAT(with_tls("host=db", "verify-full", "/ca.pem"), Not(HasSubstr("sslmode")));
    unsetenv("PGSSLMODE");
    setenv("PGHOST", "db", 1);
    EXPECT_THAT(with_tls("dbname=winnow", "verify-full", ""), HasSubstr("sslmode='verify-full'"));
}

TEST_F(WithTls, IsVerifiedIsWhatStaysHereOrNamesItsServer)
{
    const std::string url = "postgresql://u:p@db/winnow";
    for (const auto& good : {std::string("host=/run/postgresql"), std::string("postgresql://u@127.0.0.1/winnow"),
                             url + "?sslmode=verify-full", with_tls(url, "verify-full", "/ca.pem")}) {
        EXPECT_TRUE(is_verified(good)) << good;
    }
    for (const auto& bad : {url, url + "?sslmode=verify-ca", url + "?sslmode=require", with_tls(url, "prefer", ""),
                            std::string("host=/run/postgresql,db2"), std::string("no connection string")}) {
        EXPECT_FALSE(is_verified(bad)) << bad;
    }
    setenv("PGSSLMODE", "verify-full", 1);
    EXPECT_TRUE(is_verified(url));
}

TEST(SqlStates, MapToWhatACallerCanDo)
{
    const auto code = [](std::string_view state) {
        return error_of_sqlstate(state, "test").code();
    };
    for (const auto* away : {"", "57P01", "53300", "08006", "25006"}) EXPECT_EQ(code(away), ErrorCode::unavailable);
    for (const auto* lost : {"40001", "40P01", "55P03", "23505", "23503"}) EXPECT_EQ(code(lost), ErrorCode::conflict);
    EXPECT_EQ(code("57014"), ErrorCode::timeout);
    EXPECT_EQ(code("42601"), ErrorCode::internal);
    EXPECT_EQ(to_error(InDoubt()).code(), ErrorCode::timeout);
    EXPECT_EQ(to_error(pqxx::deadlock_detected("deadlock detected")).code(), ErrorCode::conflict);
    EXPECT_EQ(to_error(pqxx::serialization_failure("could not serialize access")).code(), ErrorCode::conflict);
    const auto denied = to_error(pqxx::insufficient_privilege("permission denied for table tickets"));
    EXPECT_EQ(denied.code(), ErrorCode::unavailable) << "nobody's input is at fault, and nothing is lost meanwhile";
    EXPECT_EQ(denied.message(), "the database's role lacks a permission (SQLSTATE 42501)");
    EXPECT_EQ(to_error(pqxx::disk_full("could not extend file")).message(),
              "the database's disk is full (SQLSTATE 53100)");
}

}  // namespace
}  // namespace winnow::pg
