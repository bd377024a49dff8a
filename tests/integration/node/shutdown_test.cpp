#include "node_fixture.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace winnow::app {
namespace {

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

class ShutdownTest : public NodeTest, public testing::WithParamInterface<std::tuple<Load, End>> {};

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
