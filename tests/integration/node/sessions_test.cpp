#include "app/config/node_settings.hpp"
#include "node_fixture.hpp"

#include <gmock/gmock.h>
#include <pqxx/connection>
#include <pqxx/transaction>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace winnow::app {
namespace {

using testing::Contains;

/// What operators size max_connections by (docs/operations.md), and what they see of a node in pg_stat_activity.
class NodeSessionsTest : public NodeTest {
protected:
    NodeSessionsTest()
    {
        make_tenant(2, kOther);
        make_tenant(3, kThird);
    }

    [[nodiscard]] std::int64_t sessions(const std::string& condition = "true") const
    {
        return number(
            "select count(*) from pg_stat_activity where datname = current_database() and usename in ('winnow_api', "
            "'winnow_pipeline', 'winnow_provider') and " +
            condition);
    }
    [[nodiscard]] std::int64_t waiting(const std::string& condition) const
    {
        return sessions("wait_event_type = 'Lock' and " + condition);
    }

    inline static const std::string kOther = "wnu_" + std::string(43, 'o');
    inline static const std::string kThird = "wnu_" + std::string(43, 't');
};

TEST_F(NodeSessionsTest, AreAsManyAsTheConfigurationSaysWhateverHangs)
{
    config_.database.api_connections = 3;
    const auto expected = database_sessions(config_);
    const auto most = static_cast<std::int64_t>(expected.most());
    EXPECT_EQ(expected.most(),
              config_.journal.transactions_in_flight + triage_workers(config_) + config_.database.api_connections + 21)
        << "as docs/operations.md has it";
    Node node(config_);
    // Nothing that has to do with tickets gets on: folds, timers, lists, the search index.
    pqxx::connection connection(database_.superuser);
    std::optional<pqxx::work> transaction(connection);
    transaction->exec("lock table tickets in access exclusive mode");
    std::vector<std::unique_ptr<test::TlsClient>> clients;
    const auto ask = [&](std::uint16_t port, const std::string& request) {
        clients.push_back(std::make_unique<test::TlsClient>(port));
        clients.back()->send(request);
    };
    for (int i = 0; i < 8; ++i) {
        for (const auto& key : {kKey, kOther, kThird}) ask(node.customer_port(), get("/api/v1/tickets", key));
        ask(node.customer_port(), post("/api/v1/alerts", integration_key(), R"({"title":"x"})"));
        ask(node.management_port(), get("/admin/v1/tenants", kProviderKey));
    }
    ask(node.customer_port(),
        "GET /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nCookie: "
        "__Host-winnow=" +
            std::string(43, 's') + "\r\n\r\n");
    const auto soon = format_rfc3339(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) +
                                     std::chrono::minutes{5});
    ask(node.customer_port(),
        "POST /uom/r/20161003/SendAlert.json HTTP/1.1\r\nHost: localhost\r\nAuthorization: IIJAPI "
        "ABCDEFGHIJKLMNOPQRST:" +
            std::string(43, 'A') + "=\r\nx-iijapi-expire: " + soon.substr(0, 19) +
            "Z\r\nx-iijapi-signaturemethod: HmacSHA256\r\nx-iijapi-signatureversion: 2\r\n"
            "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
    std::int64_t seen = 0;
    const auto hangs = [&](const std::string& condition, std::int64_t count) {
        return eventually([&] {
            seen = std::max(seen, sessions());
            return waiting(condition) >= count;
        });
    };
    EXPECT_TRUE(hangs("usename = 'winnow_api'", 3)) << "all of REST's: one for each tenant";
    EXPECT_TRUE(hangs("application_name = 'winnow triage'", 1));
    EXPECT_TRUE(hangs("application_name in ('winnow clock', 'winnow timers')", 1))
        << "the clock's look, or what is due";
    EXPECT_TRUE(hangs("application_name = 'winnow chores'", 1));
    EXPECT_TRUE(eventually([&] { return sessions("application_name = 'winnow sign-in'") == 1; }));
    EXPECT_TRUE(eventually([&] { return sessions("application_name = 'winnow access-keys'") == 1; }));
    EXPECT_EQ(sessions("usename = 'winnow_api'"), static_cast<std::int64_t>(expected.api));
    EXPECT_LE(sessions("usename = 'winnow_provider'"), static_cast<std::int64_t>(expected.provider.most()));
    transaction.reset();
    EXPECT_TRUE(eventually([&] {
        seen = std::max(seen, sessions());
        return number("select count(*) from tickets") == 1 && waiting("true") == 0;
    }));
    EXPECT_LE(seen, most);
    EXPECT_GT(seen, most / 2) << "the bound is about what a node needs";
}

TEST_F(NodeSessionsTest, WhatTimersWaitForDoesNotHoldUpTriage)
{
    Node node(config_);
    const auto sent = [&] {
        return test::TlsClient(node.customer_port())
            .ask(post("/api/v1/alerts", integration_key(), R"({"title":"x"})"))
            .status;
    };
    ASSERT_EQ(sent(), 202);
    ASSERT_TRUE(eventually([&] { return number("select coalesce(max(occurrences), 0) from tickets") == 1; }));
    pqxx::connection connection(database_.superuser);
    std::optional<pqxx::work> transaction(connection);
    // What the clock looks at and timers begin with, and folds do not touch.
    transaction->exec("lock table quiet_tickets, search_progress in access exclusive mode");
    const std::string hangs =
        "datname = current_database() and application_name in ('winnow clock', 'winnow timers') and wait_event_type "
        "= 'Lock'";
    const std::string begun = "(extract(epoch from query_start) * 1000000)::int8";
    std::int64_t folded = 1;
    // A wait ends with the lock's timeout; a fold that has to wait for that never ends within one.
    EXPECT_TRUE(eventually([&] {
        const auto wait = number("select coalesce(min(" + begun + "), 0) from pg_stat_activity where " + hangs);
        if (wait == 0 || sent() != 202) return false;
        ++folded;
        return eventually([&] { return number("select max(occurrences) from tickets") == folded; }) &&
               number("select count(*) from pg_stat_activity where " + hangs + " and " + begun + " = " +
                      std::to_string(wait)) >= 1;
    }));
    transaction.reset();
}

/// The names of this process's threads, but for the first one's.
std::vector<std::string> thread_names()
{
    std::vector<std::string> names;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        if (task.path().filename() == std::to_string(getpid())) continue;
        std::string name;
        std::getline(std::ifstream(task.path() / "comm"), name);
        if (!name.empty()) names.push_back(name);  // else it has just ended
    }
    return names;
}

TEST_F(NodeSessionsTest, EachThreadHasAName)
{
    std::string nameless;
    std::getline(std::ifstream("/proc/self/comm"), nameless);
    config_.triage.workers = 3;
    Node node(config_);
    const auto everybody = testing::AllOf(
        testing::Not(Contains(nameless)),
        testing::IsSupersetOf({"io-0",     "io-1",       "management-0", "rest-0",          "rest-3",
                               "bodies-0", "analysis-0", "keys-0",       "tenants-1",       "journal-0",
                               "triage-0", "triage-2",   "turn-watch",   "config-notices",  "config-versions",
                               "clock-0",  "clock-3",    "back-tests",   "back-test-watch", "heartbeat",
                               "takeover", "dispatcher", "server-mails", "channel",         "watchdog",
                               "argon-0",  "argon-1",    "revocations"}));
    EXPECT_TRUE(eventually([&] { return testing::Matches(everybody)(thread_names()); }))
        << testing::PrintToString(thread_names());
}

}  // namespace
}  // namespace winnow::app
