/// @file
/// What a known caller was denied stands in his tenant's audit log.

#include "node_fixture.hpp"

#include <string>

namespace winnow::app {
namespace {

class DenialsTest : public NodeTest {
protected:
    [[nodiscard]] std::string text(const std::string& statement) const
    {
        pqxx::connection connection(database_.superuser);
        return pqxx::nontransaction(connection).exec(statement)[0][0].c_str();
    }

    void sql(const std::string& statement) const
    {
        pqxx::connection connection(database_.superuser);
        pqxx::nontransaction(connection).exec(statement);
    }

    /// "operation:createRule forbidden 3, …" of the tenant's.
    [[nodiscard]] std::string denials() const
    {
        return text(
            "select coalesce(string_agg(object || ' ' || (detail::jsonb->>'code') || ' ' || (detail::jsonb->>'count'), "
            "', ' order by object), '') from audit where act = 'request.denied' and tenant_id = '" +
            TenantId(Uuid::from_words(1, 1)).str() + "'");
    }
};

TEST_F(DenialsTest, StandInTheTenantsAuditLogOnceTheNodeHasEnded)
{
    sql("update api_keys set scopes = array['rules:read', 'contacts:read']");
    {
        Node node(config_);
        test::TlsClient client(node.customer_port());
        for (int i = 0; i < 3; ++i) EXPECT_EQ(client.ask(post("/api/v1/rules", kKey, "{}")).status, 403);
        EXPECT_EQ(client.ask(get("/api/v1/audit-log", kKey)).status, 403);
        EXPECT_EQ(client.ask(get("/api/v1/rules", kKey)).status, 200) << "no denial";
        EXPECT_EQ(client.ask(get("/api/v1/contacts/x", kKey)).status, 404) << "nor this";
        EXPECT_EQ(client.ask(get("/api/v1/rules", "wnu_" + std::string(43, 'u'))).status, 401) << "nobody's";
        EXPECT_EQ(denials(), "") << "more may come";
    }
    EXPECT_EQ(denials(), "operation:createRule forbidden 3, operation:listAuditLog forbidden 1");
    EXPECT_EQ(text("select actor from audit where object = 'operation:createRule'"),
              "user:" + Uuid::from_words(1, 2).str());
}

/// What a handler denies, and where a key may not be used.
TEST_F(DenialsTest, AreWhateverIsAnsweredSo)
{
    sql("update users set role = 'viewer'");
    {
        Node node(config_);
        test::TlsClient client(node.customer_port());
        const auto other = R"({"name":"k","user_id":")" + Uuid::from_words(7, 7).str() + R"("})";
        EXPECT_EQ(client.ask(post("/api/v1/api-keys", kKey, other)).status, 403);
        sql("update api_keys set networks = array['192.0.2.0/24']::cidr[]");
        EXPECT_TRUE(eventually([&] { return client.ask(get("/api/v1/rules", kKey)).status == 403; }));
    }
    EXPECT_EQ(denials(), "operation:createApiKey forbidden 1, operation:listRules address_not_allowed 1");
}

}  // namespace
}  // namespace winnow::app
