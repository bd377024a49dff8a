#include "node_fixture.hpp"
#include "winnow/base/time.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <csignal>
#include <deque>
#include <optional>

namespace winnow::app {
namespace {

using nlohmann::json;

/// Stands still until it is destroyed.
class Stopped {
public:
    explicit Stopped(pid_t process) : process_(process) { ::kill(process_, SIGSTOP); }
    ~Stopped() { ::kill(process_, SIGCONT); }
    Stopped(const Stopped&) = delete;
    Stopped& operator=(const Stopped&) = delete;

private:
    pid_t process_;
};

/// A node that no notice of a change reaches: the database's processes that would send them stand still.
class OwnChangesTest : public NodeTest {
protected:
    [[nodiscard]] json ask(const std::string& request, int status)
    {
        const auto answer = client_->ask(request);
        EXPECT_EQ(answer.status, status) << answer.body;
        return json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
    }
    json create(const std::string& collection, const json& document)
    {
        return ask(post("/api/v1/" + collection, kKey, document.dump()), 201);
    }
    [[nodiscard]] static std::string remove(const std::string& path)
    {
        return "DELETE " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + kKey +
               "\r\nContent-Length: 0\r\n\r\n";
    }

    /// What became of an alert.
    [[nodiscard]] std::string disposition(const json& alert)
    {
        const auto taken = ask(post("/api/v1/alerts", integration_key(), alert.dump()), 202);
        const auto path = "/api/v1/alerts/" + taken["results"][0]["alert_id"].get<std::string>() + "/explanation";
        std::string found;
        EXPECT_TRUE(eventually([&] {
            found = ask(get(path, kKey), 200).value("disposition", "pending");
            return found != "pending";
        }));
        return found;
    }

    /// Both that listen: for changes, and for revocations.
    std::deque<Stopped> deaf() const
    {
        std::deque<Stopped> stopped;
        for (const std::string which : {"query like 'LISTEN%'", "application_name = 'winnow revocations'"}) {
            const auto listener = "from pg_stat_activity where datname = current_database() and " + which;
            EXPECT_TRUE(eventually([&] { return number("select count(*) " + listener) == 1; }));
            stopped.emplace_back(static_cast<pid_t>(number("select pid " + listener)));
        }
        return stopped;
    }

    Node node_{config_};
    std::optional<test::TlsClient> client_{node_.customer_port()};
};

TEST_F(OwnChangesTest, WhatANodeHasWrittenIsInForceOnItForTheNextAlert)
{
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto end = format_rfc3339(now + 24h);
    EXPECT_EQ(disposition({{"title", "first"}, {"class", "cluster"}, {"labels", {{"c", "5"}}}}), "ticketed");
    const auto held = deaf();

    create("rules", {{"name", "r"}, {"condition", R"({source="r"})"}, {"actions", {{{"type", "drop"}}}}});
    EXPECT_EQ(disposition({{"title", "x"}, {"source", "r"}}), "dropped");

    const auto silence = create("silences", {{"matchers", R"(source="s")"}, {"ends_at", end}, {"comment", "c"}});
    EXPECT_EQ(disposition({{"title", "x"}, {"source", "s"}}), "silenced");
    EXPECT_EQ(client_->ask(remove("/api/v1/silences/" + silence["id"].get<std::string>())).status, 204);
    EXPECT_EQ(disposition({{"title", "y"}, {"source", "s"}}), "ticketed");

    create("maintenance-windows", {{"name", "w"},
                                   {"matchers", R"(source="w")"},
                                   {"starts_at", format_rfc3339(now - 1min)},
                                   {"duration", "PT2H"}});
    EXPECT_EQ(disposition({{"title", "x"}, {"source", "w"}}), "silenced");

    create("inhibitions", {{"name", "i"},
                           {"source_matchers", R"(class="cluster")"},
                           {"target_matchers", R"(class="node")"},
                           {"equal", {"c"}}});
    EXPECT_EQ(disposition({{"title", "x"}, {"class", "node"}, {"labels", {{"c", "5"}}}}), "inhibited");
}

TEST_F(OwnChangesTest, WhoIsToldIsWhoWasChosenLast)
{
    EXPECT_EQ(disposition({{"title", "nobody"}}), "ticketed");
    const auto held = deaf();
    const auto contact =
        create("contacts", {{"name", "c"}, {"type", "webhook"}, {"url", "https://hooks.example.org/"}});
    const auto group = create("contact-groups", {{"name", "g"}, {"contact_ids", {contact["id"]}}});
    create("rules", {{"name", "r"},
                     {"condition", R"({source="r"})"},
                     {"actions", {{{"type", "route"}, {"contact_group_ids", {group["id"]}}}}}});
    EXPECT_EQ(disposition({{"title", "x"}, {"source", "r"}}), "ticketed");
    EXPECT_EQ(number("select count(*) from deliveries"), 1);
}

TEST_F(OwnChangesTest, AKeyThatWasTakenBackOpensNothingOnceThatIsAnswered)
{
    const auto held = deaf();
    const auto integration = create("integrations", {{"name", "new"}});
    const auto path = "/api/v1/integrations/" + integration["id"].get<std::string>() + "/keys";
    const auto key = create(path.substr(8), json::object());
    const auto secret = key["secret"].get<std::string>();
    const auto alert = post("/api/v1/alerts", secret, R"({"title":"x"})");
    EXPECT_EQ(client_->ask(alert).status, 202);
    EXPECT_EQ(client_->ask(remove(path + "/" + key["id"].get<std::string>())).status, 204);
    EXPECT_EQ(client_->ask(alert).status, 401);
}

TEST_F(OwnChangesTest, ATenantThatIsSuspendedIsSoOnceThatIsAnswered)
{
    const auto held = deaf();
    test::TlsClient provider(node_.management_port());
    const auto tenant = "/admin/v1/tenants/" + TenantId(Uuid::from_words(1, 1)).str();
    const auto alert = post("/api/v1/alerts", integration_key(), R"({"title":"x"})");
    EXPECT_EQ(client_->ask(alert).status, 202);
    EXPECT_EQ(provider.ask(post(tenant + "/suspend", kProviderKey, "")).status, 200);
    EXPECT_EQ(client_->ask(alert).status, 403);
    EXPECT_EQ(provider.ask(post(tenant + "/resume", kProviderKey, "")).status, 200);
    EXPECT_EQ(client_->ask(alert).status, 202);
}

}  // namespace
}  // namespace winnow::app
