/// Of people's sessions the access log has what is done below /auth and /me as well.

#include "node_fixture.hpp"
#include "winnow/crypto/token.hpp"

#include <gmock/gmock.h>

#include <string>

namespace winnow::app {
namespace {

class NodeSessionLogTest : public NodeTest {
protected:
    /// The token of a session of the admin's.
    [[nodiscard]] std::string session(const std::string& state) const
    {
        const auto token = crypto::make_token();
        pqxx::connection connection(database_.superuser);
        pqxx::nontransaction tx(connection);
        tx.exec_params(
            "insert into sessions (tenant_id, session_id, user_id, token_hash, state, authenticated_at, created_at, "
            "last_seen_at, expires_at) values ($1, gen_random_uuid(), $2, decode($3, 'hex'), $4, now(), now(), now(), "
            "now() + interval '5 minutes')",
            TenantId(Uuid::from_words(1, 1)).str(), UserId(Uuid::from_words(1, 2)).str(), hex(token.hash), state);
        return token.text;
    }

    [[nodiscard]] static std::string by_browser(const std::string& call, const std::string& token,
                                                const std::string& body = "")
    {
        return call +
               " HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nWinnow-CSRF: 1\r\nCookie: "
               "__Host-winnow=" +
               token + "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + body;
    }

    /// How many calls the log has of that route, answered so by the admin's session.
    [[nodiscard]] std::int64_t logged(const std::string& route, int status) const
    {
        return number("select coalesce(sum(times), 0) from access_log where route = '" + route +
                      "' and status = " + std::to_string(status) + " and means = 'session' and actor = 'user:" +
                      UserId(Uuid::from_words(1, 2)).str() + "' and address = '127.0.0.1'");
    }
};

TEST_F(NodeSessionLogTest, WhatASessionDoesOfSigningInIsInTheLogBeforeItIsAnswered)
{
    Node node(config_);
    const auto token = session("active");
    test::TlsClient browser(node.customer_port());
    ASSERT_EQ(browser.ask(by_browser("POST /auth/sign-out", token)).status, 204);
    EXPECT_EQ(logged("/auth/sign-out", 204), 1);
    ASSERT_EQ(browser.ask(by_browser("POST /auth/sign-out", token)).status, 401);
    EXPECT_EQ(number("select count(*) from access_log"), 1) << "of nobody known";
}

TEST_F(NodeSessionLogTest, WhatItIsRefusedIsCounted)
{
    Node node(config_);
    const std::string body = R"({"old":"the one before it","new":"another one of mine"})";
    ASSERT_EQ(test::TlsClient(node.customer_port())
                  .ask(by_browser("PUT /api/v1/me/password", session("password_ok"), body))
                  .status,
              401);
    EXPECT_TRUE(eventually([&] { return logged("/api/v1/me/password", 401) == 1; }));
}

TEST_F(NodeSessionLogTest, WhatCannotBeLoggedIsNotAnswered)
{
    Node node(config_);
    const auto token = session("active");
    pqxx::connection connection(database_.superuser);
    pqxx::nontransaction(connection).exec("alter table access_log rename to away");
    EXPECT_EQ(test::TlsClient(node.customer_port()).ask(by_browser("POST /auth/sign-out", token)).status, 503);
}

}  // namespace
}  // namespace winnow::app
