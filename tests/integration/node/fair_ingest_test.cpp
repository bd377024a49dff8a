#include "node_fixture.hpp"
#include "pg/turns/fold_lock.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <string>

namespace winnow::app {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

const std::string kOtherKey = "wnu_" + std::string(43, 'o');

/// Two tenants on one node, whose memory for alerts is small. The first one's are not triaged as long as the test does
/// not want it.
class FairIngest : public NodeTest {
protected:
    FairIngest()
    {
        make_tenant(2, kOtherKey);
        config_.triage.max_backlog_bytes = 4U << 20U;
        config_.node.grace = 2s;
        sender_key("wnk_" + std::string(43, 'l'), loud_, 1);
        sender_key("wnk_" + std::string(43, 'q'), quiet_, 2);
    }

    /// An integration's.
    void sender_key(const std::string& key, TenantId tenant, std::uint64_t number)
    {
        pqxx::connection connection(database_.superuser);
        pqxx::nontransaction tx(connection);
        const auto id = Uuid::from_words(3, number).str();
        tx.exec_params("insert into integrations (tenant_id, integration_id, name) values ($1, $2, 'i')", tenant.str(),
                       id);
        tx.exec_params(
            "insert into integration_keys (tenant_id, key_id, integration_id, secret_hash, hint) values ($1, $2, $3, "
            "decode($4, 'hex'), 'wnk_')",
            tenant.str(), Uuid::from_words(4, number).str(), id, hex(crypto::sha256(key)));
    }

    /// So many alerts of 12 KB.
    static std::string alerts(int count)
    {
        std::string body = "[";
        for (int i = 0; i < count; ++i) {
            if (i > 0) body += ",";
            body += R"({"title":"t","source":"s","description":")" + std::string(12'000, 'd') + "\"}";
        }
        return body + "]";
    }

    static std::string metric(const Node& node, const std::string& name)
    {
        const auto all = test::TlsClient(node.management_port()).ask(get("/metrics", "")).body;
        const auto at = all.find("\n" + name + " ");
        if (at == std::string::npos) return "";
        const auto begin = at + name.size() + 2;
        return all.substr(begin, all.find('\n', begin) - begin);
    }

    [[nodiscard]] std::int64_t occurrences(TenantId tenant) const
    {
        return number("select coalesce(sum(occurrences), 0)::int8 from tickets where tenant_id = '" + tenant.str() +
                      "'");
    }

    /// As a node that folds the tenant and does not get done: until it is destroyed.
    class Folding {
    public:
        Folding(const std::string& conninfo, TenantId tenant) : connection_(conninfo), tx_(connection_)
        {
            tx_.exec_params("select pg_advisory_lock($1::int4, hashtext($2))", pg::kFoldLockClass, tenant.str());
        }

    private:
        pqxx::connection connection_;
        pqxx::nontransaction tx_;
    };

    const TenantId loud_ = TenantId(Uuid::from_words(1, 1));
    const TenantId quiet_ = TenantId(Uuid::from_words(2, 1));
    const std::string loud_key_ = "wnk_" + std::string(43, 'l');
    const std::string quiet_key_ = "wnk_" + std::string(43, 'q');
};

TEST_F(FairIngest, ATenantWhoseAlertsOf12KbAreNotTriagedIsRefusedAndTheOtherNeverIs)
{
    Node node(config_);
    auto folding = std::make_unique<Folding>(database_.superuser, loud_);
    test::TlsClient loud(node.customer_port());
    test::TlsClient quiet(node.customer_port());
    const auto body = alerts(20);
    int accepted = 0;
    int refused = 0;
    int sent = 0;
    for (int i = 0; i < 60; ++i) {
        const auto answer = loud.ask(post("/api/v1/alerts", loud_key_, body));
        ASSERT_THAT(answer.status, AnyOf(202, 429)) << answer.body;
        ++(answer.status == 202 ? accepted : refused);
        if (answer.status == 429) {
            EXPECT_EQ(answer.header("Retry-After"), "5");
            EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
            EXPECT_THAT(answer.body, HasSubstr(R"("code":"rate_limited")"));
            EXPECT_THAT(answer.body, HasSubstr("too many alerts of your tenant"));
            EXPECT_THAT(answer.body, HasSubstr("your tenant's share of triage.max_backlog_bytes"));
        }
        const auto other = quiet.ask(post("/api/v1/alerts", quiet_key_, alerts(1)));
        ASSERT_EQ(other.status, 202) << other.body;
        ++sent;
    }
    EXPECT_GT(accepted, 4) << "half of the memory is its own";
    EXPECT_GT(refused, 20);
    EXPECT_TRUE(eventually([&] { return occurrences(quiet_) == sent; })) << "while nothing of the other is applied";
    EXPECT_EQ(occurrences(loud_), 0);
    EXPECT_EQ(test::TlsClient(node.customer_port()).ask(get("/readyz", "")).status, 200)
        << "one tenant must not drain a node";
    EXPECT_EQ(metric(node, R"(winnow_queue_refused_total{queue="triage"})"), std::to_string(refused));

    folding.reset();
    EXPECT_TRUE(eventually([&] { return occurrences(loud_) == 20 * accepted; })) << "what was taken is not lost";
    EXPECT_TRUE(eventually([&] { return loud.ask(post("/api/v1/alerts", loud_key_, body)).status == 202; }));
}

TEST_F(FairIngest, LargeBodiesAreReadOnThreadsOfTheirOwnOnceSomebodyElseSends)
{
    Node node(config_);
    test::TlsClient loud(node.customer_port());
    test::TlsClient quiet(node.customer_port());
    const auto read_there = [&] {
        return metric(node, R"(winnow_queue_wait_seconds_count{queue="bodies"})");
    };
    EXPECT_EQ(loud.ask(post("/api/v1/alerts", loud_key_, alerts(20))).status, 202);
    EXPECT_EQ(read_there(), "0");
    EXPECT_EQ(quiet.ask(post("/api/v1/alerts", quiet_key_, alerts(1))).status, 202);
    const auto large = loud.ask(post("/api/v1/alerts", loud_key_, alerts(20)));
    EXPECT_EQ(large.status, 202) << large.body;
    EXPECT_THAT(large.body, HasSubstr(R"("accepted":20)"));
    EXPECT_EQ(read_there(), "1");
    const auto bad = loud.ask(post("/am/api/v2/alerts", loud_key_, "[" + std::string(40'000, ' ')));
    EXPECT_EQ(bad.status, 400);
    EXPECT_THAT(bad.body, testing::StartsWith("\"")) << "in the sender's form";
    EXPECT_EQ(read_there(), "2");
    EXPECT_EQ(loud.ask(post("/api/v1/alerts", loud_key_, alerts(1))).status, 202);
    EXPECT_EQ(read_there(), "2");
}

/// Prometheus drops what is answered 429; an Alertmanager in front gives it up. Both come again on 503.
TEST_F(FairIngest, SendersThatGiveUpOn429Get503AndLearnWhy)
{
    Node node(config_);
    const Folding folding(database_.superuser, loud_);
    test::TlsClient loud(node.customer_port());
    for (const int count : {20, 1}) {
        while (loud.ask(post("/api/v1/alerts", loud_key_, alerts(count))).status == 202) {
        }
    }

    const std::string annotations = R"("annotations":{"description":")" + std::string(12'000, 'd') + "\"},";
    const std::string prometheus = R"([{"labels":{"alertname":"Full"},)" + annotations +
                                   R"("startsAt":"2026-11-27T00:00:00Z","endsAt":"2030-11-27T00:00:00Z"}])";
    const auto api = loud.ask(post("/am/api/v2/alerts", loud_key_, prometheus));
    EXPECT_EQ(api.status, 503);
    EXPECT_EQ(api.header("Retry-After"), "5");
    EXPECT_THAT(api.body, testing::StartsWith("\"too many alerts of your tenant"));

    const std::string webhook = R"({"version":"4","status":"firing","receiver":"r","groupLabels":{},"commonLabels":{},)"
                                R"("commonAnnotations":{},"externalURL":"","alerts":[{"status":"firing","labels":)"
                                R"({"alertname":"Full"},)" +
                                annotations + R"("startsAt":"2026-11-27T00:00:00Z"}]})";
    const auto pushed = loud.ask(post("/am/webhook", loud_key_, webhook));
    EXPECT_EQ(pushed.status, 503);
    EXPECT_EQ(pushed.header("Retry-After"), "5");
    const auto grafana = loud.ask(post("/grafana", loud_key_, webhook));
    EXPECT_EQ(grafana.status, 503);
    EXPECT_EQ(grafana.header("Retry-After"), "5");
    EXPECT_THAT(grafana.body, HasSubstr(R"("code":"rate_limited")"));
    EXPECT_EQ(loud.ask(post("/api/v1/alerts", loud_key_, alerts(1))).status, 429);
    EXPECT_EQ(loud.ask(post("/am/api/v2/alerts", quiet_key_, prometheus)).status, 200);
}

}  // namespace
}  // namespace winnow::app
