#include "node_fixture.hpp"
#include "support/full_disk.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

namespace winnow::app {
namespace {

using testing::HasSubstr;

class HonestTest : public NodeTest {
protected:
    [[nodiscard]] std::string ready(const Node& node) const
    {
        return test::TlsClient(node.customer_port()).ask("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n").body;
    }
    [[nodiscard]] test::Answer send(const Node& node) const
    {
        return test::TlsClient(node.customer_port()).ask(post("/api/v1/alerts", integration_key(), R"({"title":"x"})"));
    }
    /// The cluster trusts everybody else.
    void ask_for_passwords_of(const std::string& role) const
    {
        pqxx::connection connection(database_.superuser);
        pqxx::nontransaction tx(connection);
        const std::string file = tx.exec("show hba_file")[0][0].c_str();
        std::ifstream in(file);
        const std::string rules((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
        std::ofstream(file) << "local all " << role << " scram-sha-256\n" << rules;
        tx.exec("select pg_reload_conf()");
    }
    void sql(const std::string& statement) const
    {
        pqxx::connection connection(database_.superuser);
        pqxx::nontransaction(connection).exec(statement);
    }
};

TEST_F(HonestTest, WhatIsTooLongIsToldWithTheSettingOfItsLimit)
{
    config_.limits.max_body_bytes = 2'000;
    config_.limits.max_push_bytes = 3'000;
    config_.limits.max_alerts_per_body = 2;
    config_.tenants.max_ruleset_bytes = 4'000;
    Node node(config_);
    const auto& key = integration_key();
    const auto ruleset = post("/api/v1/ruleset", kKey, std::string(4'001, ' '));
    // A frame of zstd that says 5,000 times the same.
    auto packed = post("/api/v1/alerts", key, std::string("\x28\xB5\x2F\xFD\x00\x50\x43\x9C\x00 ", 10));
    packed.insert(packed.find("Content-Type"), "Content-Encoding: zstd\r\n");
    struct Case {
        std::string request;
        int status;
        std::string told;
    };
    const std::string three = R"([{"title":"a"},{"title":"b"},{"title":"c"}])";
    for (const auto& [request, status, told] : {
             Case{post("/api/v1/alerts", key, std::string(2'001, ' ')), 413,
                  "2000 bytes that this resource takes (limits.max_body_bytes of this server)"},
             Case{post("/am/api/v2/alerts", key, std::string(3'001, ' ')), 413,
                  "3000 bytes that this resource takes (limits.max_push_bytes of this server)"},
             Case{"PUT" + ruleset.substr(4), 413,
                  "4000 bytes that this resource takes (tenants.max_ruleset_bytes of this server)"},
             Case{post("/api/v1/alerts", key, three), 413,
                  "more than 2 alerts (limits.max_alerts_per_body of this server)"},
             Case{packed, 413,
                  "larger than 2000 bytes when decoded; send fewer alerts at a time. The limit is this server's "
                  "limits.max_body_bytes."},
             Case{get("/api/v1/me?" + std::string(5'000, 'x'), kKey), 414,
                  "4096 bytes that this server takes (http.max_url_bytes)"},
             Case{get("/api/v1/me", std::string(9'000, 'k')), 431,
                  "8192 bytes that this server takes (http.max_header_bytes)"},
         }) {
        const auto answer = test::TlsClient(node.customer_port()).ask(request);
        EXPECT_EQ(answer.status, status) << told;
        EXPECT_THAT(answer.body, HasSubstr(told));
    }
}

TEST_F(HonestTest, EveryUrlIsLoggedInWithAtTheStartAndRefusedByName)
{
    EXPECT_TRUE(check_database(config_.database).has_value() ||
                check_database(config_.database).error().code() == ErrorCode::conflict)
        << "the tests' database runs without fsync";
    for (auto [url, name] : {std::pair{&DatabaseConfig::api_url, "database.api_url"},
                             std::pair{&DatabaseConfig::pipeline_url, "database.pipeline_url"},
                             std::pair{&DatabaseConfig::provider_url, "database.provider_url"}}) {
        auto database = config_.database;
        database.*url += " user=winnow_nobody";
        const auto refused = check_database(database);
        ASSERT_FALSE(refused) << name;
        ASSERT_EQ(refused.error().fields().size(), 1U) << name;
        EXPECT_EQ(refused.error().fields().front().pointer, name);
        EXPECT_THAT(refused.error().fields().front().detail, HasSubstr("SQLSTATE 28"));
    }
    // A real password, and a wrong one.
    sql("drop role if exists api_with_password");
    sql("create role api_with_password login password 'right one' in role winnow_api");
    ask_for_passwords_of("api_with_password");
    auto database = config_.database;
    database.api_url += " user=api_with_password password=hunter2";
    ASSERT_TRUE(eventually([&] { return !check_database(database); }));
    const auto wrong = check_database(database).error();
    ASSERT_EQ(wrong.fields().size(), 1U);
    EXPECT_EQ(wrong.fields().front().pointer, "database.api_url");
    EXPECT_THAT(wrong.fields().front().detail, HasSubstr("password authentication failed"));
    EXPECT_THAT(wrong.fields().front().detail, HasSubstr("SQLSTATE 28P01"));
    EXPECT_THAT(wrong.fields().front().detail, testing::Not(HasSubstr("hunter2")));

    database.api_url = database_.superuser;
    const auto refused = check_database(database);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("every tenant's rows"));
}

TEST_F(HonestTest, UrlsThatReachDifferentDatabasesAreRefusedWithBothNames)
{
    auto config = config_.database;
    config.allow_unsafe_durability = true;
    // In other words, and through another way: it is the database that counts.
    config.api_url += " host='/nowhere," + std::string(pqxx::connection(database_.api).hostname()) +
                      "' target_session_attrs=read-write";
    EXPECT_TRUE(check_database(config));

    const auto other = test::PostgresCluster::instance().fresh_database();
    for (auto [url, wrong, name] :
         {std::tuple{&DatabaseConfig::api_url, other.api, "database.api_url"},
          std::tuple{&DatabaseConfig::pipeline_url, other.pipeline, "database.api_url"},
          std::tuple{&DatabaseConfig::provider_url, other.provider, "database.provider_url"}}) {
        auto database = config;
        database.*url = wrong;
        const auto refused = check_database(database);
        ASSERT_FALSE(refused) << name;
        ASSERT_FALSE(refused.error().fields().empty()) << refused.error().message();
        EXPECT_EQ(refused.error().fields().front().pointer, name);
        const auto& detail = refused.error().fields().front().detail;
        EXPECT_THAT(detail, HasSubstr("database.pipeline_url"));
        EXPECT_THAT(detail, HasSubstr(other.name));
        EXPECT_THAT(detail, HasSubstr(database_.name));
    }
    // The same database, and other tables in it.
    sql("create schema winnow_copy; create table winnow_copy.tenants (); grant usage on schema winnow_copy to public");
    auto database = config;
    database.provider_url += " options='-c search_path=winnow_copy,public'";
    const auto refused = check_database(database);
    ASSERT_FALSE(refused);
    ASSERT_FALSE(refused.error().fields().empty()) << refused.error().message();
    EXPECT_EQ(refused.error().fields().front().pointer, "database.provider_url");
    EXPECT_THAT(refused.error().fields().front().detail, HasSubstr("search_path"));
}

TEST_F(HonestTest, AFullDiskIsToldToTheSenderAndToTheBalancerUntilThereIsRoom)
{
    const test::FullDisk disk(database_.superuser, "journal");
    Node node(config_);
    ASSERT_TRUE(eventually([&] { return ready(node).contains(R"("status":"ready")"); }));
    ASSERT_EQ(send(node).status, 202);
    disk.fill();
    const auto refused = send(node);
    EXPECT_EQ(refused.status, 503);
    EXPECT_THAT(refused.body, HasSubstr("the database's disk is full (SQLSTATE 53100)"));
    EXPECT_THAT(refused.body, testing::Not(HasSubstr("too much is waiting")));
    EXPECT_THAT(ready(node), HasSubstr(R"("journal":"failing")"));
    disk.make_room();
    ASSERT_TRUE(eventually([&] { return ready(node).contains(R"("status":"ready")"); }));
    EXPECT_EQ(send(node).status, 202);
}

TEST_F(HonestTest, APasswordThatWasChangedUnderTheApiMakesTheNodeUnready)
{
    Node node(config_);
    ASSERT_TRUE(eventually([&] { return ready(node).contains(R"("status":"ready")"); }));
    // As after a changed password: new sessions are refused, and the old ones end some day.
    sql("alter role winnow_api nologin");
    sql("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'winnow_api' and datname = "
        "current_database()");
    EXPECT_EQ(test::TlsClient(node.customer_port()).ask(get("/api/v1/me", kKey)).status, 503);
    EXPECT_TRUE(eventually([&] { return ready(node).contains(R"("keys":"failing")"); }));
    sql("alter role winnow_api login");
    EXPECT_TRUE(eventually([&] { return ready(node).contains(R"("status":"ready")"); })) << "without a request";
}

}  // namespace
}  // namespace winnow::app
