/// People on two nodes of one database.

#include "node_fixture.hpp"
#include "winnow/crypto/sealer.hpp"
#include "winnow/crypto/token.hpp"
#include "winnow/crypto/totp.hpp"
#include "winnow/ports/signin/factor_store.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <string>

namespace winnow::app {
namespace {

using testing::HasSubstr;

class NodePeopleTest : public NodeTest {
protected:
    const TenantId tenant_{Uuid::from_words(1, 1)};
    const UserId admin_{Uuid::from_words(1, 2)};

    /// As of somebody who has shown the password, or all that is asked for. Its token.
    [[nodiscard]] std::string session(std::uint64_t id, const std::string& state) const
    {
        const auto token = crypto::make_token();
        pqxx::connection connection(database_.superuser);
        pqxx::nontransaction tx(connection);
        tx.exec_params(
            "insert into sessions (tenant_id, session_id, user_id, token_hash, state, authenticated_at, "
            "created_at, last_seen_at, expires_at) values ($1, $2, $3, decode($4, 'hex'), $5, now(), now(), "
            "now(), now() + interval '5 minutes')",
            tenant_.str(), Uuid::from_words(2, id).str(), admin_.str(), hex(token.hash), state);
        return token.text;
    }

    /// One-time codes of the admin's. Their seed.
    [[nodiscard]] std::string factor() const
    {
        const FactorId id(Uuid::from_words(3, 1));
        auto seed = crypto::make_totp_seed();
        const crypto::Sealer sealer(std::string(32, '\xaa'));  // as the fixture's key file has it
        pqxx::connection connection(database_.superuser);
        pqxx::nontransaction tx(connection);
        tx.exec_params(
            "insert into user_factors (tenant_id, factor_id, user_id, kind, state, sealed) values ($1, $2, "
            "$3, 'totp', 'active', decode($4, 'hex'))",
            tenant_.str(), id.str(), admin_.str(), hex(sealer.seal(seed, ports::totp_context(tenant_, id))));
        return seed;
    }

    [[nodiscard]] static std::string by_browser(const std::string& method, const std::string& path,
                                                const std::string& token, const std::string& body = "")
    {
        return method + ' ' + path + " HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nWinnow-CSRF: 1" +
               "\r\nCookie: __Host-winnow=" + token +
               "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
               body;
    }
};

TEST_F(NodePeopleTest, ACodeThatIsShownToTwoNodesAtOnceOpensOneOfThem)
{
    const auto seed = factor();
    Node first(config_);
    Node second(config_);
    const std::array tokens{session(1, "password_ok"), session(2, "password_ok")};
    std::array<test::TlsClient, 2> clients{test::TlsClient(first.customer_port()),
                                           test::TlsClient(second.customer_port())};
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto code = crypto::totp_code(seed, crypto::totp_step(now));
    for (std::size_t i = 0; i < clients.size(); ++i) {
        clients[i].send(by_browser("POST", "/auth/mfa", tokens[i], R"({"code":")" + code + R"("})"));
    }
    std::array statuses{clients[0].receive().status, clients[1].receive().status};
    std::ranges::sort(statuses);
    EXPECT_THAT(statuses, testing::ElementsAre(200, 401));
    EXPECT_EQ(number("select count(*) from sessions where state = 'active'"), 1);
}

TEST_F(NodePeopleTest, RequestsOfSigningInFromOneAddressAreRefusedBeforeTheyTakeAnybodysTurn)
{
    config_.tenants.rates.sign_ins = {.rate = 1, .burst = 5};
    Node node(config_);
    const auto token = session(1, "active");
    test::TlsClient client(node.customer_port());
    const auto unknown =
        by_browser("POST", "/auth/invitations/peek", "", R"({"token":")" + std::string(43, 'A') + "\"}");
    int seen = 0;
    auto answer = client.ask(unknown);
    for (; answer.status == 404 && seen < 200; ++seen) answer = client.ask(unknown);
    EXPECT_GE(seen, 5);
    EXPECT_EQ(answer.status, 429) << answer.body;
    EXPECT_NE(answer.header("Retry-After"), "");
    EXPECT_THAT(answer.body, HasSubstr(R"("limit":"tenants.rates.sign_ins")"));
    // Also what only asks, as for the tenants that there are; not who is signed in.
    bool refused = false;
    for (int i = 0; i < 200 && !refused; ++i) {
        refused = client.ask(by_browser("GET", "/auth/t/tenant1", "")).status == 429;
    }
    EXPECT_TRUE(refused);
    EXPECT_EQ(client.ask(by_browser("GET", "/api/v1/me", token)).status, 200);
}

TEST_F(NodePeopleTest, WhoIsSignedInPaysForWhatTakesPasswordsAsForOtherWrites)
{
    config_.tenants.rates.of(domain::RateClass::write) = {.rate = 2, .burst = 4};
    Node node(config_);
    const auto token = session(1, "active");
    test::TlsClient client(node.customer_port());
    const auto wrong = by_browser("POST", "/auth/step-up", token, R"({"password":"short"})");
    auto answer = client.ask(wrong);
    for (int i = 0; i < 200 && !answer.body.contains("tenants.rates.write"); ++i) answer = client.ask(wrong);
    EXPECT_EQ(answer.status, 429);
    EXPECT_THAT(answer.body, HasSubstr(R"("limit":"tenants.rates.write")"));
}

TEST_F(NodePeopleTest, OfASuspendedTenantChangeNeitherPasswordsNorFactors)
{
    Node node(config_);
    const auto token = session(1, "active");
    pqxx::connection connection(database_.superuser);
    pqxx::nontransaction(connection).exec("update tenants set state = 'suspended', suspended_at = now()");
    test::TlsClient client(node.customer_port());
    for (const auto& request : {by_browser("PUT", "/api/v1/me/password", token,
                                           R"({"old":"a horse, no battery","new":"another horse, no battery"})"),
                                by_browser("POST", "/api/v1/me/factors", token, R"({"kind":"totp"})")}) {
        const auto answer = client.ask(request);
        EXPECT_EQ(answer.status, 403);
        EXPECT_THAT(answer.body, HasSubstr("suspended"));
    }
    EXPECT_EQ(client.ask(by_browser("POST", "/auth/sign-out", token)).status, 204) << "who may only read may go";
}

TEST_F(NodePeopleTest, OfASuspendedTenantTakeAccessAwayAndGiveNone)
{
    pqxx::connection connection(database_.superuser);
    pqxx::nontransaction tx(connection);
    const std::string user = Uuid::from_words(9, 9).str();
    tx.exec("insert into users (tenant_id, user_id, email, name, role) values ('" + tenant_.str() + "', '" + user +
            "', 'gone@example.org', 'Gone', 'viewer')");
    const auto link = crypto::make_token();
    tx.exec_params(
        "insert into invitations (tenant_id, invitation_id, user_id, token_hash, state, created_by, expires_at) "
        "values ($1, $2, $2, decode($3, 'hex'), 'pending', 'provider', now() + interval '1 day')",
        tenant_.str(), user, hex(link.hash));
    tx.exec("update tenants set state = 'suspended', suspended_at = now()");
    Node node(config_);
    test::TlsClient client(node.customer_port());
    const auto users = "/api/v1/users/" + user;
    EXPECT_EQ(client.ask(post("/api/v1/users", kKey, R"({"name":"x","email":"x@example.org","role":"viewer"})")).status,
              403);
    const auto accepted =
        client.ask(by_browser("POST", "/auth/invitations/accept", "",
                              R"({"token":")" + link.text + R"(","name":"x","password":"a horse, no battery"})"));
    EXPECT_EQ(accepted.status, 403);
    EXPECT_THAT(accepted.body, HasSubstr("suspended"));
    EXPECT_EQ(client.ask(post(users + "/end-sessions", kKey, "")).status, 204);
    const auto removed =
        "DELETE " + users + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + kKey + "\r\n\r\n";
    EXPECT_EQ(client.ask(removed).status, 204);
    EXPECT_EQ(client.ask(post(users + "/delete", kKey, "")).status, 204);
}

TEST_F(NodePeopleTest, WhoSignsOutOfOneNodeIsSignedOutOfTheOther)
{
    Node first(config_);
    Node second(config_);
    const auto token = session(1, "active");
    test::TlsClient here(first.customer_port());
    test::TlsClient there(second.customer_port());
    EXPECT_EQ(here.ask(by_browser("GET", "/api/v1/me", token)).status, 200);
    EXPECT_EQ(there.ask(by_browser("GET", "/api/v1/me", token)).status, 200);
    EXPECT_EQ(here.ask(by_browser("POST", "/auth/sign-out", token)).status, 204);
    EXPECT_EQ(here.ask(by_browser("GET", "/api/v1/me", token)).status, 401) << "at once, here";
    EXPECT_TRUE(eventually([&] { return there.ask(by_browser("GET", "/api/v1/me", token)).status == 401; }));
}

}  // namespace
}  // namespace winnow::app
