#include "node_fixture.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <vector>

namespace winnow::app {
namespace {

using testing::Contains;
using testing::HasSubstr;

const std::string kOtherKey = "wnu_" + std::string(43, 'o');
const auto kTickets = "/api/v1/tickets";

/// Two tenants on one node.
/// Every read of the first one's tickets waits for a lock that the test holds.
class FairRest : public NodeTest {
protected:
    FairRest()
    {
        make_tenant(2, kOtherKey);
        sql("create policy slow on tickets as restrictive to winnow_api using (tenant_id <> '" +
            TenantId(Uuid::from_words(1, 1)).str() +
            "' or (set_config('lock_timeout', '1min', true) is not null and pg_advisory_xact_lock_shared(42) is not "
            "null))");
        sql("insert into tickets (tenant_id, ticket_id, number, dedup_key, title, state, severity, occurrences, "
            "first_seen_at, last_seen_at, opened_at) values ('" +
            TenantId(Uuid::from_words(1, 1)).str() + "', '" + Uuid::from_words(1, 9).str() +
            "', 1, 'k', 't', 'open', 3, 1, now(), now(), now())");
        config_.rest.statement_timeout = 10s;
    }

    void sql(const std::string& statement) const
    {
        pqxx::connection connection(database_.superuser);
        pqxx::nontransaction(connection).exec(statement);
    }
    [[nodiscard]] std::int64_t waiting_backends() const
    {
        return number("select count(*) from pg_locks where locktype = 'advisory' and objid = 42 and not granted");
    }

    [[nodiscard]] static bool shows(const Node& node, const std::string& metric)
    {
        return test::TlsClient(node.management_port()).ask(get("/metrics", "")).body.contains("\n" + metric + "\n");
    }

    /// Connections that have asked for the first tenant's tickets, and were not answered.
    std::vector<std::unique_ptr<test::TlsClient>> ask_many(const Node& node, std::size_t count) const
    {
        std::vector<std::unique_ptr<test::TlsClient>> clients;
        for (std::size_t i = 0; i < count; ++i) {
            clients.push_back(std::make_unique<test::TlsClient>(node.customer_port()));
            clients.back()->send(get(kTickets, kKey));
        }
        return clients;
    }

    /// Exclusively, until it is destroyed.
    class Held {
    public:
        explicit Held(const std::string& conninfo) : connection_(conninfo), tx_(connection_)
        {
            tx_.exec("select pg_advisory_lock(42)");
        }

    private:
        pqxx::connection connection_;
        pqxx::nontransaction tx_;
    };
};

TEST_F(FairRest, ATenantsSlowReadsOn32ConnectionsDoNotKeepAnotherWaiting)
{
    Node node(config_);
    auto held = std::make_unique<Held>(database_.superuser);
    auto loud = ask_many(node, 32);
    ASSERT_TRUE(eventually([&] { return waiting_backends() >= 2; }));
    // All of these while none of the loud ones can be answered.
    test::TlsClient quiet(node.customer_port());
    for (int i = 0; i < 5; ++i) ASSERT_EQ(quiet.ask(get(kTickets, kOtherKey)).status, 200) << i;
    EXPECT_EQ(waiting_backends(), 2) << "half of the threads";
    held.reset();
    for (auto& client : loud) EXPECT_EQ(client->receive().status, 200);
}

TEST_F(FairRest, ATenantsWaitingRequestsAreBoundedAndTheRefusalNamesTheLimitAndWhoseItIs)
{
    config_.rest.waiting_per_tenant = 4;
    Node node(config_);
    auto held = std::make_unique<Held>(database_.superuser);
    auto loud = ask_many(node, 2);
    ASSERT_TRUE(eventually([&] { return waiting_backends() == 2; }));
    for (auto& client : ask_many(node, 4)) loud.push_back(std::move(client));
    ASSERT_TRUE(eventually([&] { return shows(node, R"(winnow_queue_items{queue="rest"} 4)"); }));

    const auto refused = test::TlsClient(node.customer_port()).ask(get("/api/v1/contacts", kKey));
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.header("Retry-After"), "5");
    EXPECT_EQ(refused.header("Content-Type"), "application/problem+json");
    EXPECT_THAT(refused.body, HasSubstr(R"("code":"rate_limited")"));
    EXPECT_THAT(refused.body, HasSubstr("of your tenant wait on this node already: the limit is 4 "
                                        "(rest.waiting_per_tenant)"));
    EXPECT_EQ(test::TlsClient(node.customer_port()).ask(get(kTickets, kOtherKey)).status, 200);
    EXPECT_TRUE(shows(node, R"(winnow_queue_refused_total{queue="rest"} 1)"));
    held.reset();
    for (auto& client : loud) EXPECT_EQ(client->receive().status, 200);
}

TEST_F(FairRest, WhatWaitsForAClientThatHasGoneIsDroppedAndMakesRoom)
{
    config_.rest.waiting_per_tenant = 3;
    Node node(config_);
    auto held = std::make_unique<Held>(database_.superuser);
    auto loud = ask_many(node, 2);
    ASSERT_TRUE(eventually([&] { return waiting_backends() == 2; }));
    auto gone = ask_many(node, 3);
    ASSERT_TRUE(eventually([&] { return shows(node, R"(winnow_queue_items{queue="rest"} 3)"); }));
    gone.clear();
    // Refused until the server has seen that they have gone; which of these that is, depends on the machine.
    std::vector<std::unique_ptr<test::TlsClient>> patient;
    const auto ask = [&] {
        patient.push_back(std::make_unique<test::TlsClient>(node.customer_port()));
        patient.back()->send(get("/api/v1/contacts", kKey));
    };
    ASSERT_TRUE(eventually([&] {
        ask();
        return shows(node, R"(winnow_queue_given_up_total{queue="rest"} 3)");
    }));
    ask();
    held.reset();
    std::vector<int> answers;
    for (auto& client : patient) answers.push_back(client->receive().status);
    EXPECT_THAT(answers, Contains(200));
    for (auto& client : loud) EXPECT_EQ(client->receive().status, 200);
}

TEST_F(FairRest, AQueryThatTakesTooLongSaysWhichLimitEndedIt)
{
    config_.rest.statement_timeout = 200ms;
    Node node(config_);
    const Held held(database_.superuser);
    const auto answer = test::TlsClient(node.customer_port()).ask(get(kTickets, kKey));
    EXPECT_EQ(answer.status, 503);
    EXPECT_THAT(answer.body, HasSubstr(R"("code":"timeout")"));
    EXPECT_THAT(answer.body, HasSubstr("the limit is PT0.200S (rest.statement_timeout)"));
    EXPECT_EQ(test::TlsClient(node.customer_port()).ask(get(kTickets, kOtherKey)).status, 200);
}

/// What reads for an analysis holds no session when it has read, and does not hold up who only reads.
TEST_F(FairRest, AnalysesOfOneTenantAreBoundedApartFromItsOtherRequests)
{
    config_.analysis.waiting_per_tenant = 2;
    Node node(config_);
    auto held = std::make_unique<Held>(database_.superuser);
    const auto ask = [&] {
        auto client = std::make_unique<test::TlsClient>(node.customer_port());
        client->send(get("/api/v1/tickets.csv", kKey));
        return client;
    };
    std::vector<std::unique_ptr<test::TlsClient>> exports;
    exports.push_back(ask());
    ASSERT_TRUE(eventually([&] { return waiting_backends() == 1; }));
    for (int i = 0; i < 2; ++i) exports.push_back(ask());
    ASSERT_TRUE(eventually([&] { return shows(node, R"(winnow_queue_items{queue="analysis"} 2)"); }));
    EXPECT_EQ(waiting_backends(), 1) << "one at a time";

    const auto refused = ask()->receive();
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.header("Retry-After"), "5");
    EXPECT_THAT(refused.body, HasSubstr("the limit is 2 (analysis.waiting_per_tenant)"));
    EXPECT_EQ(test::TlsClient(node.customer_port()).ask(get("/api/v1/contacts", kKey)).status, 200);
    EXPECT_EQ(test::TlsClient(node.customer_port()).ask(get("/api/v1/tickets.csv", kOtherKey)).status, 200);
    held.reset();
    for (auto& client : exports) EXPECT_EQ(client->receive().status, 200);
}

}  // namespace
}  // namespace winnow::app
