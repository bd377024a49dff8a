#include "node_fixture.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>

namespace winnow::app {
namespace {

using nlohmann::json;

/// What a node says of its security to whom it does not know.
class SecurityAnswersTest : public NodeTest {
protected:
    [[nodiscard]] static std::string anonymous(const std::string& method, const std::string& path)
    {
        return method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
    }

    [[nodiscard]] std::map<std::string, std::string> states() const
    {
        const Node node(config_);
        test::TlsClient client(node.customer_port());
        const auto answer = client.ask(anonymous("GET", "/api/v1/security-features"));
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.header("Content-Type"), "application/json");
        std::map<std::string, std::string> found;
        for (const auto& item : json::parse(answer.body).at("items")) found[item.at("id")] = item.at("state");
        return found;
    }
};

TEST_F(SecurityAnswersTest, AreForEverybodyAtTheCustomerListenerAlone)
{
    const Node node(config_);
    test::TlsClient customer(node.customer_port());
    test::TlsClient management(node.management_port());
    for (const std::string path : {"/api/v1/security-features", "/api/v1/responsibility"}) {
        const auto answer = customer.ask(anonymous("GET", path));
        EXPECT_EQ(answer.status, 200) << answer.body;
        EXPECT_GT(json::parse(answer.body).at("items").size(), 10U);
        EXPECT_EQ(customer.ask(get(path, kKey)).status, 200);
        EXPECT_EQ(customer.ask(get(path, "wnu_nobodys")).status, 200) << "no credential is looked at";
        EXPECT_EQ(customer.ask(anonymous("POST", path)).status, 405);
        EXPECT_EQ(management.ask(get(path, kProviderKey)).status, 404);
    }
}

TEST_F(SecurityAnswersTest, SayWhatTheConfigurationMakesOfIt)
{
    const auto usual = states();
    EXPECT_EQ(usual.at("tls"), "on");
    EXPECT_EQ(usual.at("client_certificates"), "off");
    EXPECT_EQ(usual.at("provider_by_certificate"), "off");
    EXPECT_EQ(usual.at("public_receivers_only"), "on");
    EXPECT_EQ(usual.at("mail_tls"), "not_used");
    EXPECT_EQ(usual.at("database_tls"), "on") << "a socket of this machine";
    EXPECT_EQ(usual.at("durable_commits"), "on");

    config_.customer.tls.client_authorities = folder_ / "server.pem";
    config_.provider.key_sha256.clear();
    config_.provider.client_subjects = {"CN=ops"};
    config_.delivery.egress_allow = {"10.0.0.0/8"};
    config_.delivery.smtp.host = "mail.example.org";
    config_.delivery.smtp.security = delivery::SmtpOptions::Security::none;
    config_.database.allow_unsafe_durability = true;
    const auto other = states();
    EXPECT_EQ(other.at("tls"), "on");
    EXPECT_EQ(other.at("client_certificates"), "on");
    EXPECT_EQ(other.at("provider_by_certificate"), "on");
    EXPECT_EQ(other.at("public_receivers_only"), "off");
    EXPECT_EQ(other.at("mail_tls"), "off");
    EXPECT_EQ(other.at("durable_commits"), "off");
}

}  // namespace
}  // namespace winnow::app
