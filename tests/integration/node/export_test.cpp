#include "node_fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

// GET /tickets.csv of a whole node: what its readers hold, and what ends it.

namespace winnow::app {
namespace {

using test::ClientError;
using test::TlsClient;
using testing::HasSubstr;

const std::string kOtherKey = "wnu_" + std::string(43, 'o');
constexpr int kTickets = 2'000;  // of some 2.4 KB: more than pages, sockets and kernels have room for

class Exports : public NodeTest {
protected:
    Exports()
    {
        make_tenant(2, kOtherKey);
        add_tickets(1, kTickets);
        add_tickets(2, 1);
    }

    void sql(const std::string& statement) const
    {
        pqxx::connection connection(database_.superuser);
        pqxx::nontransaction(connection).exec(statement);
    }

    void add_tickets(std::uint64_t tenant, int count) const
    {
        sql("insert into tickets (tenant_id, ticket_id, number, dedup_key, title, description, state, severity,"
            " occurrences, first_seen_at, last_seen_at, opened_at) select '" +
            TenantId(Uuid::from_words(tenant, 1)).str() +
            "', gen_random_uuid(), n, 'k' || n, 't' || n, repeat(md5(n::text), 70), 'open', 3, 1, now(), now(), now()"
            " from generate_series(1, " +
            std::to_string(count) + ") n");
    }

    /// A client that has read the head of its export, and nothing else.
    static std::unique_ptr<TlsClient> slow_export(const Node& node, const std::string& key = kKey)
    {
        auto client = std::make_unique<TlsClient>(node.customer_port(), test::ClientOptions{.receive_buffer = 4'096});
        client->send(get("/api/v1/tickets.csv", key));
        EXPECT_EQ(client->receive_head().status, 200);
        return client;
    }

    [[nodiscard]] static bool shows(const Node& node, const std::string& metric)
    {
        return TlsClient(node.management_port()).ask(get("/metrics", "")).body.contains("\n" + metric + "\n");
    }
    [[nodiscard]] static bool was_cut(const Node& node, const std::string& reason, int times)
    {
        return eventually([&] {
            return shows(node, "winnow_http_answers_cut_short_total{listener=\"customer\",reason=\"" + reason + "\"} " +
                                   std::to_string(times));
        });
    }
};

TEST_F(Exports, AreReadToTheirEnd)
{
    Node node(config_);
    TlsClient client(node.customer_port());
    client.send(get("/api/v1/tickets.csv", kKey));
    const auto head = client.receive_head();
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.header("Transfer-Encoding"), "chunked");
    EXPECT_NE(head.header("RateLimit"), "");
    const auto csv = client.receive_chunks();
    EXPECT_EQ(std::ranges::count(csv, '\n'), kTickets + 1);
    EXPECT_EQ(client.ask(get("/api/v1/tickets?limit=1", kKey)).status, 200) << "the connection stays";
}

TEST_F(Exports, ReadersThatTakeTheirTimeHoldNeitherASessionNorAThread)
{
    Node node(config_);
    std::vector<std::unique_ptr<TlsClient>> slow;
    for (int i = 0; i < 40; ++i) slow.push_back(slow_export(node));  // more than there are threads of any kind
    EXPECT_TRUE(shows(node, R"(winnow_http_streams{listener="customer"} 40)"));
    EXPECT_TRUE(eventually([&] {
        return number(
                   "select count(*) from pg_stat_activity where application_name = 'winnow api' and state <> 'idle'") ==
               0;
    }));
    TlsClient same(node.customer_port());
    EXPECT_EQ(same.ask(get("/api/v1/tickets?limit=1", kKey)).status, 200);
    TlsClient other(node.customer_port());
    other.send(get("/api/v1/tickets.csv", kOtherKey));
    EXPECT_EQ(other.receive_head().status, 200);
    EXPECT_EQ(std::ranges::count(other.receive_chunks(), '\n'), 2);
    EXPECT_EQ(std::ranges::count(slow.back()->receive_chunks(), '\n'), kTickets + 1) << "and it gets all of it";
}

TEST_F(Exports, OfATenantAreBoundedAndTheRefusalNamesTheLimit)
{
    config_.customer.limits.max_streams_per_tenant = 3;
    Node node(config_);
    std::vector<std::unique_ptr<TlsClient>> slow;
    for (int i = 0; i < 3; ++i) slow.push_back(slow_export(node));
    const auto refused = TlsClient(node.customer_port()).ask(get("/api/v1/tickets.csv", kKey));
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.header("Content-Type"), "application/problem+json");
    EXPECT_THAT(refused.body, HasSubstr(R"("code":"too_many_streams")"));
    EXPECT_THAT(refused.body, HasSubstr("The tenant has 3 answers"));
    EXPECT_EQ(slow_export(node, kOtherKey)->receive_chunks().substr(0, 3), "id,");
    slow.pop_back();
    EXPECT_TRUE(eventually(
        [&] { return TlsClient(node.customer_port()).ask(get("/api/v1/tickets.csv", kKey)).status == 200; }));
}

TEST_F(Exports, EndWithinSecondsWhenTheirKeyIsRevoked)
{
    sql("delete from tickets where tenant_id = '" + TenantId(Uuid::from_words(2, 1)).str() + "'");
    add_tickets(2, kTickets);  // or it would have been sent before anything ends
    config_.customer.limits.recheck = 100ms;
    Node node(config_);
    const auto client = slow_export(node);
    const auto of_another = slow_export(node, kOtherKey);
    sql("update api_keys set revoked_at = now() where tenant_id = '" + TenantId(Uuid::from_words(1, 1)).str() + "'");
    EXPECT_TRUE(was_cut(node, "revoked", 1));
    EXPECT_THROW(static_cast<void>(client->receive_chunks()), ClientError);
    EXPECT_EQ(std::ranges::count(of_another->receive_chunks(), '\n'), kTickets + 1);
}

TEST_F(Exports, EndWithinSecondsWhenTheirTenantIsSuspended)
{
    config_.customer.limits.recheck = 100ms;
    Node node(config_);
    const auto client = slow_export(node);
    const auto provider = pg::make_provider_store(pg::PgOptions{.conninfo = database_.provider});
    ASSERT_TRUE(provider->set_suspended(TenantId(Uuid::from_words(1, 1)), true));
    EXPECT_TRUE(was_cut(node, "revoked", 1));
    EXPECT_THROW(static_cast<void>(client->receive_chunks()), ClientError);
}

TEST_F(Exports, ArePaidPageByPageAndWaitForTheirAccount)
{
    // One key has half: a millisecond is there at once, and ten come in a second. Each page costs one at least.
    config_.tenants.rates.of(domain::RateClass::heavy) = {.rate = 20, .burst = 2};
    Node node(config_);
    TlsClient client(node.customer_port());
    const auto begun = std::chrono::steady_clock::now();
    client.send(get("/api/v1/tickets.csv?limit=300", kKey));
    EXPECT_EQ(client.receive_head().status, 200);
    EXPECT_EQ(std::ranges::count(client.receive_chunks(), '\n'), 301);
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 300ms)
        << "six pages of 55 tickets, at 10 milliseconds a second";
}

}  // namespace
}  // namespace winnow::app
