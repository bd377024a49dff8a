/// @file
/// A tenant's histories have a limit: what it shuts out, what goes on, and who says how much it is.

#include "node_fixture.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace winnow::app {
namespace {

using nlohmann::json;

class HistoryQuotaTest : public NodeTest {
protected:
    HistoryQuotaTest()
    {
        config_.history.max_bytes = kLimit;
        for (const auto kind : {domain::RateClass::read, domain::RateClass::write}) {
            config_.tenants.rates.of(kind) = {.rate = 1'000, .burst = 10'000};
        }
    }

    struct Answered {
        int status;
        json body;
    };
    static Answered ask(test::TlsClient& client, const std::string& request)
    {
        const auto answer = client.ask(request);
        return {answer.status, json::parse(answer.body, nullptr, false)};
    }
    static std::string patch(const std::string& path, const std::string& key, const std::string& body)
    {
        return "PATCH" + post(path, key, body).substr(4);
    }
    Answered provider(const Node& node, const std::string& request)
    {
        test::TlsClient client(node.management_port());
        return ask(client, request);
    }
    /// Sends an alert, and waits for its ticket.
    std::string ticket(test::TlsClient& client, const std::string& title)
    {
        EXPECT_EQ(ask(client, post("/api/v1/alerts", integration_key(), json{{"title", title}}.dump())).status, 202);
        std::string id;
        EXPECT_TRUE(eventually([&] {
            const auto list = ask(client, get("/api/v1/tickets?q=" + title, kKey));
            if (list.body.value("items", json::array()).empty()) return false;
            id = list.body["items"][0]["id"];
            return true;
        }));
        return id;
    }
    /// Comments until one is refused; the refusal.
    Answered fill(test::TlsClient& client, const std::string& ticket)
    {
        const auto comment =
            post("/api/v1/tickets/" + ticket + "/comments", kKey, json{{"text", std::string(16'000, 'c')}}.dump());
        for (int i = 0; i < 400; ++i) {
            auto answer = ask(client, comment);
            if (answer.status != 201) return answer;
        }
        return {0, {}};
    }

    static constexpr std::int64_t kLimit = 1'048'576;
    const std::string tenant_ = "/admin/v1/tenants/" + TenantId(Uuid::from_words(1, 1)).str();
};

TEST_F(HistoryQuotaTest, WhoFillsTimelinesIsRefusedAndStillTakesTicketsChangesRulesAndGetsEveryAlert)
{
    Node node(config_);
    test::TlsClient client(node.customer_port());
    const auto id = ticket(client, "first");
    const auto refused = fill(client, id);
    ASSERT_EQ(refused.status, 507) << refused.body;
    EXPECT_EQ(refused.body["code"], "history_full");
    EXPECT_EQ(refused.body["limit"], "tenants.max_history_bytes");
    EXPECT_EQ(refused.body["value"]["bytes"], kLimit);
    EXPECT_EQ(refused.body["whose"], "tenant");
    EXPECT_THAT(refused.body["detail"].get<std::string>(), testing::HasSubstr("1048576"));
    EXPECT_GE(number("select count(*) from ticket_events where kind = 'commented'"), 60) << "16,000 of 1,048,576 each";

    EXPECT_EQ(ask(client, post("/api/v1/tickets/" + id + "/transitions", kKey, R"({"to":"in_progress"})")).status, 200);
    EXPECT_EQ(
        ask(client, post("/api/v1/rules", kKey,
                         R"({"name":"r","syntax":"matchers","condition":"{env=\"dev\"}","actions":[{"type":"drop"}]})"))
            .status,
        201);
    EXPECT_FALSE(ticket(client, "second").empty()) << "no limit stands in an alert's way";

    const auto shown = provider(node, get(tenant_, kProviderKey));
    EXPECT_GE(shown.body["history_bytes"], kLimit - 20'000);
    EXPECT_TRUE(shown.body["max_history_bytes"].is_null());
    const auto raised = provider(node, patch(tenant_, kProviderKey, R"({"max_history_bytes":4194304})"));
    ASSERT_EQ(raised.status, 200) << raised.body;
    EXPECT_EQ(raised.body["max_history_bytes"], 4'194'304);
    EXPECT_EQ(fill(client, id).body["value"]["bytes"], 4'194'304) << "at once, without a restart";
    EXPECT_EQ(provider(node, patch(tenant_, kProviderKey, R"({"max_history_bytes":null})")).body["max_history_bytes"],
              nullptr);
    EXPECT_EQ(provider(node, patch(tenant_, kProviderKey, R"({"max_history_bytes":1000})")).status, 422);
    EXPECT_EQ(provider(node, patch(tenant_, kProviderKey, R"({"max_history_bytes":"much"})")).status, 422);
}

}  // namespace
}  // namespace winnow::app
