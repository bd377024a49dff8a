#include "node_fixture.hpp"

#include <gmock/gmock.h>
#include <pqxx/transaction>

#include <optional>

namespace winnow::app {
namespace {

using testing::HasSubstr;

/// Two tenants, of which the second one sends with a key of its own.
class ReadinessTest : public NodeTest {
protected:
    ReadinessTest()
    {
        make_tenant(2, "wnu_" + std::string(43, 'o'));
        pqxx::connection connection(database_.superuser);
        pqxx::nontransaction tx(connection);
        const auto tenant = Uuid::from_words(2, 1).str();
        const auto id = Uuid::from_words(2, 4).str();
        tx.exec_params("insert into integrations (tenant_id, integration_id, name) values ($1, $2, 'i')", tenant, id);
        tx.exec_params(
            "insert into integration_keys (tenant_id, key_id, integration_id, secret_hash, hint) values ($1, $2, $3, "
            "decode($4, 'hex'), 'wnk_oooo')",
            tenant, Uuid::from_words(2, 5).str(), id, hex(crypto::sha256(kOther)));
        config_.triage.standstill = 200ms;
    }

    [[nodiscard]] static std::string ready(const Node& node)
    {
        return test::TlsClient(node.management_port()).ask("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n").body;
    }
    [[nodiscard]] static int send(const Node& node, const std::string& key)
    {
        return test::TlsClient(node.customer_port()).ask(post("/api/v1/alerts", key, R"({"title":"x"})")).status;
    }

    inline static const std::string kOther = "wnk_" + std::string(43, 'o');
};

TEST_F(ReadinessTest, DoesNotFailForOneTenantsLag)
{
    config_.triage.max_backlog_bytes = 1;  // one alert that is not applied is more than there is room for
    Node node(config_);
    ASSERT_TRUE(eventually([&] { return ready(node).contains(R"("status":"ready")"); }));

    pqxx::connection connection(database_.superuser);
    std::optional<pqxx::work> transaction(connection);
    transaction->exec("lock table tickets in access exclusive mode");
    ASSERT_EQ(send(node, integration_key()), 202);
    ASSERT_TRUE(eventually([&] {
        return number(
                   "select count(*) from pg_stat_activity where application_name = 'winnow triage' and "
                   "wait_event_type = 'Lock' and clock_timestamp() - query_start > interval '1 second'") > 0;
    }));
    EXPECT_THAT(ready(node), HasSubstr(R"("triage":"ok")")) << "only the first tenant's alerts wait";
    EXPECT_THAT(ready(node), HasSubstr(R"("delivery":"ok")"));
    EXPECT_THAT(ready(node), HasSubstr(R"("chores":"ok")"));
    transaction.reset();
    ASSERT_TRUE(eventually([&] { return number("select count(*) from tickets") == 1; }));
}

TEST_F(ReadinessTest, FailsWhileTriageStandsStillForAll)
{
    Node node(config_);
    ASSERT_TRUE(eventually([&] { return ready(node).contains(R"("status":"ready")"); }));

    pqxx::connection connection(database_.superuser);
    std::optional<pqxx::work> transaction(connection);
    transaction->exec("lock table tickets in access exclusive mode");
    ASSERT_EQ(send(node, integration_key()), 202);
    ASSERT_EQ(send(node, kOther), 202);
    EXPECT_TRUE(eventually([&] { return ready(node).contains(R"("triage":"failing")"); }));
    transaction.reset();
    EXPECT_TRUE(eventually([&] { return ready(node).contains(R"("status":"ready")"); }));
    // One of the two may still be at work: it is enough that not all stand still.
    EXPECT_TRUE(eventually([&] { return number("select count(*) from tickets") == 2; }));
}

}  // namespace
}  // namespace winnow::app
