#include "node_fixture.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>

namespace winnow::app {
namespace {

using domain::RateClass;
using testing::HasSubstr;

const std::string kAlert = R"({"title":"x"})";
const auto kMe = "/api/v1/me";

/// One node on which little may be asked.
class RatesTest : public NodeTest {
protected:
    void limit(RateClass kind, std::int64_t rate, std::int64_t burst)
    {
        config_.tenants.rates.of(kind) = {.rate = rate, .burst = burst};
    }
    [[nodiscard]] static std::string unknown_key(int number)
    {
        return "wnu_" + std::string(40, 'u') + std::to_string(100 + number);
    }
    [[nodiscard]] static bool shows(const Node& node, const std::string& metric)
    {
        return test::TlsClient(node.management_port()).ask(get("/metrics", "")).body.contains("\n" + metric + "\n");
    }
    [[nodiscard]] test::Answer change(const Node& node, const std::string& document) const
    {
        auto request = post("/admin/v1/tenants/" + TenantId(Uuid::from_words(1, 1)).str(), kProviderKey, document);
        return test::TlsClient(node.management_port()).ask("PATCH" + request.substr(4));
    }
    /// The n-th of requests that all get the same is the first to get another status.
    template <typename Ask>
    [[nodiscard]] static std::optional<int> first_refused(Ask ask, int status, int most = 50)
    {
        for (int i = 0; i < most; ++i) {
            if (ask().status == status) return i;
        }
        return std::nullopt;
    }
};

TEST_F(RatesTest, ASenderBeyondItsHalfIsRefusedBeforeItsBodyIsReadAndKeepsItsConnection)
{
    limit(RateClass::ingest, 1, 6);
    Node node(config_);
    test::TlsClient sender(node.customer_port());
    const auto request = post("/api/v1/alerts", integration_key(), kAlert);
    for (int i = 0; i < 3; ++i) {
        const auto answer = sender.ask(request);
        ASSERT_EQ(answer.status, 202) << answer.body;
        EXPECT_EQ(answer.header("RateLimit-Policy"), R"("ingest";q=3;w=3)");
    }
    const auto refused = sender.ask(request);
    ASSERT_EQ(refused.status, 429) << refused.body;
    EXPECT_EQ(refused.header("Retry-After"), "1");
    EXPECT_THAT(refused.body,
                HasSubstr(R"("limit":"tenants.rates.ingest","value":{"rate":1,"burst":3},"whose":"credential")"));
    EXPECT_EQ(sender.ask(post("/am/webhook", integration_key(), "no JSON")).status, 503) << "the body is not looked at";
    EXPECT_EQ(sender.ask(post("/am/api/v2/alerts", integration_key(), "no JSON")).status, 429);
    EXPECT_TRUE(shows(node, R"(winnow_rate_refused_total{class="ingest",whose="credential"} 3)"));
    EXPECT_EQ(test::TlsClient(node.customer_port()).ask(get(kMe, kKey)).status, 200) << "reads are counted apart";
    EXPECT_EQ(test::TlsClient(node.customer_port()).ask("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 200);
}

TEST_F(RatesTest, ABodyThatCannotBeReadIsPaidForToo)
{
    limit(RateClass::ingest, 1, 100);
    Node node(config_);
    test::TlsClient sender(node.customer_port());
    const auto bad = post("/api/v1/alerts", integration_key(), std::string(60'000, '['));
    EXPECT_EQ(first_refused([&] { return sender.ask(bad); }, 429), 3) << "15 of 50 each, and no refund";
}

TEST_F(RatesTest, WhatTheProviderSetsForATenantIsInForceWithoutARestart)
{
    Node node(config_);
    test::TlsClient reader(node.customer_port());
    EXPECT_EQ(reader.ask(get(kMe, kKey)).header("RateLimit-Policy"), R"("read";q=100;w=4)");
    const auto changed = change(node, R"({"rates":{"read":{"rate":2,"burst":8}}})");
    ASSERT_EQ(changed.status, 200) << changed.body;
    EXPECT_THAT(changed.body, HasSubstr(R"("rates":{"read":{"burst":8,"rate":2}})"));
    EXPECT_TRUE(eventually([&] { return reader.ask(get(kMe, kKey)).status == 429; }));
    ASSERT_EQ(change(node, R"({"rates":{"read":null}})").status, 200);
    EXPECT_TRUE(
        eventually([&] { return reader.ask(get(kMe, kKey)).header("RateLimit-Policy") == R"("read";q=100;w=4)"; }));
    EXPECT_EQ(change(node, R"({"rates":{"reads":{"rate":2}}})").status, 422);
    EXPECT_EQ(change(node, R"({"rates":{"read":{"rate":1.5}}})").status, 422);
}

TEST_F(RatesTest, AnalysesPayForTheProcessorTimeThatTheyTook)
{
    limit(RateClass::heavy, 2, 10);
    Node node(config_);
    test::TlsClient admin(node.customer_port());
    const auto test = post("/api/v1/rules/lint", kKey, R"({"condition":"true"})");
    const auto refused = [&]() -> std::optional<test::Answer> {
        for (int i = 0; i < 50; ++i) {
            auto answer = admin.ask(test);
            if (answer.status == 429) return answer;
        }
        return std::nullopt;
    }();
    ASSERT_TRUE(refused);
    EXPECT_THAT(refused->body, HasSubstr(R"("limit":"tenants.rates.heavy")"));
    EXPECT_EQ(admin.ask(get(kMe, kKey)).status, 200);
}

TEST_F(RatesTest, AReadPaysForTheProcessorTimeThatItTookFromItsOwnAccount)
{
    limit(RateClass::read, 1, 20'000);
    Node node(config_);
    test::TlsClient sender(node.customer_port());
    // The time of small ones is no more than what their heads paid; of 3 MB it is, on whichever machine.
    for (int i = 0; i < 5; ++i) {
        std::string body;
        for (int n = 0; n < 15; ++n) {
            body += body.empty() ? "[" : ",";
            body += R"({"title":"x","details":{"text":")" + std::string(40'000, 'x') + R"("}})";
        }
        const auto sent = sender.ask(post("/api/v1/alerts", integration_key(), body + "]"));
        ASSERT_EQ(sent.status, 202) << sent.body;
    }
    test::TlsClient reader(node.customer_port());
    const auto left_after = [&](const std::string& path) {
        const auto answer = reader.ask(get(path, kKey));
        EXPECT_EQ(answer.status, 200) << answer.body.substr(0, 500);
        const auto header = answer.header("RateLimit");
        EXPECT_THAT(header, HasSubstr(R"("read";r=)"));
        return std::stol(header.substr(header.find("r=") + 2));
    };
    const auto before = left_after(kMe);
    const auto after = left_after("/api/v1/alerts?limit=75");
    EXPECT_LE(after, before - 3) << "the answer shows it already";
    EXPECT_TRUE(shows(node, R"(winnow_rate_refused_total{class="read",whose="credential"} 0)"));
}

TEST_F(RatesTest, WritesOfRulesAndStartsOfBacktestsPayAsAnalysesDo)
{
    limit(RateClass::heavy, 2, 10);
    Node node(config_);
    test::TlsClient admin(node.customer_port());
    const std::string rule = R"({"name":"r","condition":"{env=\"dev\"}","actions":[{"type":"suppress"}]})";
    for (const auto& [path, body] :
         {std::pair("/api/v1/rules", rule), std::pair("/api/v1/rules/backtests", R"({"rule":)" + rule + "}")}) {
        std::optional<test::Answer> refused;
        for (int i = 0; i < 50 && !refused; ++i) {
            auto answer = admin.ask(post(path, kKey, body));
            if (answer.status == 429) refused = std::move(answer);
        }
        ASSERT_TRUE(refused) << path;
        EXPECT_THAT(refused->body, HasSubstr(R"("limit":"tenants.rates.heavy")"));
    }
    EXPECT_EQ(admin.ask(get(kMe, kKey)).status, 200);
}

TEST_F(RatesTest, UnknownKeysOfOneAddressAreNotLookedUpForEverAndKnownSendersBehindItGoOn)
{
    config_.tenants.rates.failed_logins = {.rate = 1, .burst = 5};
    Node node(config_);
    test::TlsClient known(node.customer_port());
    ASSERT_EQ(known.ask(get(kMe, kKey)).status, 200);
    test::TlsClient stranger(node.customer_port());
    EXPECT_EQ(stranger.ask(get(kMe, unknown_key(0))).status, 401);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(stranger.ask(get(kMe, unknown_key(0))).status, 401) << "cached: no look-up";
    int number = 1;
    const auto refused = first_refused([&] { return stranger.ask(get(kMe, unknown_key(number++))); }, 429, 200);
    ASSERT_TRUE(refused);
    EXPECT_GE(*refused, 4);
    const auto answer = [&] {
        for (;;) {
            auto got = stranger.ask(get(kMe, unknown_key(number++)));
            if (got.status == 429) return got;
        }
    }();
    EXPECT_THAT(answer.body, HasSubstr(R"("whose":"address")"));
    EXPECT_THAT(answer.body, HasSubstr(R"("limit":"tenants.rates.failed_logins")"));
    // Asked for anew, after a notice, although its address is stopped.
    ASSERT_EQ(change(node, R"({"rates":{"read":{"burst":150}}})").status, 200);
    EXPECT_TRUE(eventually([&] {
        const auto got = known.ask(get(kMe, kKey));
        EXPECT_EQ(got.status, 200) << got.body;
        return got.status != 200 || got.header("RateLimit-Policy").starts_with(R"("read";q=75;)");
    }));
}

}  // namespace
}  // namespace winnow::app
