/// @file
/// Keys on a node: what a limited one may, from where, and that its use is told.

#include "node_fixture.hpp"

#include <gmock/gmock.h>

#include <string>

namespace winnow::app {
namespace {

using testing::HasSubstr;

const std::string kAlert = R"({"title":"x"})";

class KeysTest : public NodeTest {
protected:
    void sql(const std::string& statement) const
    {
        pqxx::connection connection(database_.superuser);
        pqxx::nontransaction(connection).exec(statement);
    }

    /// With what the proxy says whom it asks for.
    [[nodiscard]] static std::string forwarded(std::string request, const std::string& hops)
    {
        const auto end = request.find("\r\n\r\n");
        return request.insert(end, "\r\nX-Forwarded-For: " + hops);
    }
};

TEST_F(KeysTest, WithScopesMayWhatTheyNameAndSeeItsProfile)
{
    sql("update api_keys set scopes = array['rules:read']");
    Node node(config_);
    test::TlsClient client(node.customer_port());
    EXPECT_EQ(client.ask(get("/api/v1/rules", kKey)).status, 200);
    const auto me = client.ask(get("/api/v1/me", kKey));
    EXPECT_EQ(me.status, 200);
    EXPECT_THAT(me.body, HasSubstr(R"("permissions":["profile:read","rules:read"])"));
    for (const auto* path : {"/api/v1/me/sessions", "/api/v1/me/factors", "/api/v1/api-keys"}) {
        EXPECT_EQ(client.ask(get(path, kKey)).status, 403) << path;
    }
    const auto tickets = client.ask(get("/api/v1/tickets", kKey));
    EXPECT_EQ(tickets.status, 403);
    EXPECT_THAT(tickets.body, HasSubstr("tickets:read is none of them"));
    for (const auto* path : {"/api/v1/api-keys", "/api/v1/users", "/api/v1/rules", "/api/v1/integrations"}) {
        EXPECT_EQ(client.ask(post(path, kKey, "{}")).status, 403) << path;
    }
}

TEST_F(KeysTest, WithScopesMakeNoKeysOfSenders)
{
    sql("update api_keys set scopes = array['integrations:read', 'integrations:write']");
    Node node(config_);
    test::TlsClient client(node.customer_port());
    const auto made = client.ask(post("/api/v1/integrations", kKey, R"({"name":"x"})"));
    EXPECT_EQ(made.status, 403);
    EXPECT_THAT(made.body, HasSubstr("makes no keys"));
    EXPECT_EQ(client.ask(post("/api/v1/integrations/" + Uuid::from_words(1, 5).str() + "/keys", kKey, "{}")).status,
              403);
}

TEST_F(KeysTest, OfAnAuditorWorkNoTicketsAndSayWhoDoes)
{
    sql("update users set role = 'viewer', audits = true");
    Node node(config_);
    test::TlsClient client(node.customer_port());
    EXPECT_EQ(client.ask(get("/api/v1/me", kKey)).status, 200);
    EXPECT_EQ(client.ask(get("/api/v1/api-keys", kKey)).status, 200);
    const auto tickets = client.ask(get("/api/v1/tickets", kKey));
    EXPECT_EQ(tickets.status, 403);
    EXPECT_THAT(tickets.body, HasSubstr("its user's role is auditor, and viewer or operator or admin has it"));
}

TEST_F(KeysTest, WithNetworksAreOfUseThereOnlyAtEveryRequest)
{
    const auto sender = integration_key();
    sql("update api_keys set networks = array['10.0.0.0/8']::cidr[]");
    sql("update integration_keys set networks = array['10.0.0.0/8']::cidr[]");
    config_.customer.trusted_proxies = {"127.0.0.1"};
    Node node(config_);
    test::TlsClient client(node.customer_port());
    const auto me = get("/api/v1/me", kKey);
    const auto alerts = post("/api/v1/alerts", sender, kAlert);
    const auto webhook = post("/am/api/v2/alerts", sender, R"([{"labels":{"alertname":"a"}}])");
    EXPECT_EQ(client.ask(forwarded(me, "10.1.2.3")).status, 200);
    EXPECT_EQ(client.ask(forwarded(me, "203.0.113.7, 10.1.2.3")).status, 200) << "what the client says is nothing";
    EXPECT_EQ(client.ask(forwarded(me, "::ffff:10.1.2.3")).status, 200);
    EXPECT_EQ(client.ask(forwarded(alerts, "10.1.2.3")).status, 202);
    for (const std::string hops : {"203.0.113.7", "10.1.2.3, 203.0.113.7", "unknown"}) {
        const auto refused = client.ask(forwarded(me, hops));
        EXPECT_EQ(refused.status, 403) << hops;
        EXPECT_THAT(refused.body, HasSubstr(R"("code":"address_not_allowed")")) << hops;
        EXPECT_EQ(client.ask(forwarded(alerts, hops)).status, 403) << hops;
        EXPECT_EQ(client.ask(forwarded(webhook, hops)).status, 403) << hops;
    }
    EXPECT_EQ(client.ask(me).status, 403) << "the proxy's own address";
    EXPECT_EQ(client.ask(forwarded(get("/api/v1/me", "wnu_" + std::string(43, 'x')), "203.0.113.7")).status, 401)
        << "a wrong key is told nothing of networks";
    EXPECT_EQ(client.ask(forwarded(me, "10.1.2.3")).status, 200) << "and a good one is not shut out";
}

TEST_F(KeysTest, BelieveNobodyWhoIsNoProxy)
{
    sql("update api_keys set networks = array['10.0.0.0/8']::cidr[]");
    Node node(config_);
    EXPECT_EQ(test::TlsClient(node.customer_port()).ask(forwarded(get("/api/v1/me", kKey), "10.1.2.3")).status, 403);
}

TEST_F(KeysTest, ThatWereUsedAreNotedWhenTheNodeEnds)
{
    const auto sender = integration_key();
    const auto uses = [this] {
        return number(
            "select count(*) from credential_use where used_at = date_trunc('minute', used_at) and "
            "used_at between now() - interval '2 minutes' and now()");
    };
    Node node(config_);
    {
        test::TlsClient client(node.customer_port());
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ(client.ask(get("/api/v1/me", kKey)).status, 200);
            EXPECT_EQ(client.ask(post("/api/v1/alerts", sender, kAlert)).status, 202);
        }
    }
    node.stop();
    EXPECT_EQ(uses(), 2);
}

TEST_F(KeysTest, ThatAreRefusedForTheirPlaceAreNotUsed)
{
    sql("update api_keys set networks = array['10.0.0.0/8']::cidr[]");
    Node node(config_);
    EXPECT_EQ(test::TlsClient(node.customer_port()).ask(get("/api/v1/me", kKey)).status, 403);
    node.stop();
    EXPECT_EQ(number("select count(*) from credential_use"), 0);
}

}  // namespace
}  // namespace winnow::app
