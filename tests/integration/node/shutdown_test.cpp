#include "app/node.hpp"
#include "support/certificates.hpp"
#include "support/postgres.hpp"
#include "support/tls_client.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/pg/provider_store.hpp"

#include <gtest/gtest.h>
#include <pqxx/connection>
#include <pqxx/nontransaction>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace winnow::app {
namespace {

using namespace std::chrono_literals;

const std::string kKey = "wnu_" + std::string(43, 'k');
const std::string kProviderKey = "provider";

std::string get(const std::string& path, const std::string& key)
{
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key + "\r\n\r\n";
}

std::string post(const std::string& path, const std::string& key, const std::string& body)
{
    return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// A load under which a node is stopped.
struct Load {
    const char* name;
    const char* lock;  ///< Tables that are locked while it comes in, so that it queues.
    int clients;
    std::function<std::string(int)> request;
    bool management = false;
};

void PrintTo(const Load& load, std::ostream* out)
{
    *out << load.name;
}

/// Ways in which a node ends.
enum class End { stopped_then_gone, gone, constructor_failed };

class ShutdownTest : public testing::TestWithParam<std::tuple<Load, End>> {
protected:
    ShutdownTest()
    {
        const auto authority = test::make_authority("test authority");
        const auto certificate = test::make_certificate(authority, "server");
        test::write_file(folder_ / "server.pem", certificate.certificate);
        test::write_file(folder_ / "server.key", certificate.key);
        test::write_file(folder_ / "encryption.key", std::string(64, 'a'));
        config_.encryption_key_file = folder_ / "encryption.key";
        for (auto* listener : {&config_.customer, &config_.management}) {
            listener->port = 0;
            listener->tls.certificate_chain = folder_ / "server.pem";
            listener->tls.private_key = folder_ / "server.key";
        }
        config_.provider.key_sha256 = crypto::sha256(kProviderKey);
        config_.database.api_url = database_.api;
        config_.database.pipeline_url = database_.pipeline;
        config_.database.provider_url = database_.provider;
        config_.node.grace = 200ms;
        config_.node.io_threads = 2;
        const auto made = pg::make_provider_store({.conninfo = database_.provider})
                              ->create_tenant({.id = TenantId(Uuid::from_words(1, 1)),
                                               .service_code = "tenant1",
                                               .name = "Tenant",
                                               .admin_id = UserId(Uuid::from_words(1, 2)),
                                               .admin_email = "admin@example.org",
                                               .admin_name = "Admin",
                                               .admin_key_id = ApiKeyId(Uuid::from_words(1, 3)),
                                               .admin_key_hash = crypto::sha256(kKey),
                                               .admin_key_hint = "wnu_kkkk"});
        EXPECT_TRUE(made);
    }

    [[nodiscard]] std::int64_t number(const std::string& statement) const
    {
        pqxx::connection connection(database_.superuser);
        return pqxx::nontransaction(connection).exec(statement)[0][0].as<std::int64_t>();
    }

    template <typename Condition>
    [[nodiscard]] static bool eventually(Condition condition)
    {
        const auto deadline = std::chrono::steady_clock::now() + 30s;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            std::this_thread::sleep_for(5ms);  // polls for the condition
        }
        return true;
    }

    test::TestDatabase database_ = test::PostgresCluster::instance().fresh_database();
    test::TemporaryFolder folder_;
    Config config_;
};

TEST_P(ShutdownTest, EndsCleanly)
{
    const auto& [load, end] = GetParam();
    auto node = std::make_unique<Node>(config_);
    const auto port = load.management ? node->management_port() : node->customer_port();
    {
        test::TlsClient warm(node->customer_port());
        ASSERT_EQ(warm.ask(get("/api/v1/me", kKey)).status, 200) << "the key is known from here on";
    }

    pqxx::connection holder(database_.superuser);
    pqxx::nontransaction locked(holder);
    locked.exec(std::string("begin; lock table ") + load.lock + " in access exclusive mode");
    std::vector<std::unique_ptr<test::TlsClient>> clients;
    for (int i = 0; i < load.clients; ++i) {
        clients.push_back(std::make_unique<test::TlsClient>(port));
        clients.back()->send(load.request(i));
    }
    ASSERT_TRUE(eventually([this] { return number("select count(*) from pg_locks where not granted") > 0; }));
    {
        // Each loop has read what was sent before: then the calls are in their queues.
        test::TlsClient last(port);
        ASSERT_EQ(last.ask(get("/livez", kKey)).status, 200);
    }

    std::atomic<bool> released = false;
    std::jthread releaser([&] {
        released.wait(false);
        locked.exec("rollback");
    });
    if (end == End::stopped_then_gone) {
        node->stop();
        released = true;  // what is queued runs while the node goes
        released.notify_all();
        node.reset();
    } else {
        released = true;
        released.notify_all();
        node.reset();
    }
}

const Load kLoads[] = {
    {"rest", "tickets", 150,
     [](int) {
         return get("/api/v1/tickets", kKey);
     }},
    {"writes", "contacts", 60,
     [](int i) {
         return post(
             "/api/v1/contacts", kKey,
             R"({"name":"contact )" + std::to_string(i) + R"(","type":"webhook","url":"https://example.org/"})");
     }},
    {"keys", "api_keys, integrations", 150,
     [](int i) {
         const auto number = std::to_string(i);
         return get("/api/v1/me", "wnu_" + std::string(43 - number.size(), 'x') + number);
     }},
    {"management", "tenants", 150, [](int) { return get("/admin/v1/tenants", kProviderKey); }, true},
};

INSTANTIATE_TEST_SUITE_P(UnderLoad, ShutdownTest,
                         testing::Combine(testing::ValuesIn(kLoads),
                                          testing::Values(End::stopped_then_gone, End::gone)),
                         [](const auto& info) {
                             return std::string(std::get<0>(info.param).name) +
                                    (std::get<1>(info.param) == End::gone ? "_gone" : "_stopped");
                         });

class ConstructionTest : public ShutdownTest {};

TEST_P(ConstructionTest, ANodeThatCannotBeMadeLeavesNothingBehind)
{
    const Node other(config_);
    config_.management.port = other.management_port();  // taken: the last part fails, when all others run
    EXPECT_THROW(Node{config_}, std::runtime_error);
}

INSTANTIATE_TEST_SUITE_P(Once, ConstructionTest, testing::Values(std::make_tuple(kLoads[0], End::constructor_failed)));

}  // namespace
}  // namespace winnow::app
