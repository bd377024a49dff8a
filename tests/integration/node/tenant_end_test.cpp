/// @file
/// The end of a tenant, as the provider asks two nodes for it: who is refused on the other one, and that either comes
/// to the end.

#include "node_fixture.hpp"
#include "winnow/audit/erasure_certificate.hpp"
#include "winnow/crypto/signature.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <string>

namespace winnow::app {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string kOtherKey = "wnu_" + std::string(43, 'o');
const std::string kErase = R"({"name":"Tenant 1","reason":"asked for in writing","waive_export_window":true})";

class TenantEndTest : public NodeTest {
protected:
    TenantEndTest()
    {
        const auto pem = crypto::SigningKey::make();
        test::write_file(folder_ / "signing.key", pem);
        config_.audit.signing_key_file = folder_ / "signing.key";
        config_.erasure.begins_after = 0ms;
        public_key_ = crypto::SigningKey(pem).public_pem();
        make_tenant(2, kOtherKey);
    }

    [[nodiscard]] static std::string at(std::uint64_t tenant, const std::string& what)
    {
        return "/admin/v1/tenants/" + TenantId(Uuid::from_words(tenant, 1)).str() + what;
    }

    std::string public_key_;
};

TEST_F(TenantEndTest, IsAskedForTwiceHeardOfByAnotherNodeWithinASecondAndCertified)
{
    const auto sender = integration_key();
    Node here(config_);
    Node there(config_);
    test::TlsClient provider(here.management_port());
    test::TlsClient client(there.customer_port());
    const auto refused_within_a_second = [&](const std::string& request, int status) {
        const auto begun = std::chrono::steady_clock::now();
        while (client.ask(request).status != status) {
            if (std::chrono::steady_clock::now() - begun > 1s) return false;
        }
        return true;
    };
    const auto sent = post("/api/v1/alerts", sender, R"({"title":"x"})");
    ASSERT_EQ(client.ask(sent).status, 202);
    ASSERT_EQ(client.ask(get("/api/v1/me", kKey)).status, 200);
    EXPECT_EQ(provider.ask(post(at(1, "/erase"), kProviderKey, kErase)).status, 409) << "it is not closing";

    const auto closed = provider.ask(post(at(1, "/close"), kProviderKey, R"({"reason":"the contract ends"})"));
    ASSERT_EQ(closed.status, 200) << closed.body;
    EXPECT_EQ(json::parse(closed.body)["state"], "closing");
    EXPECT_TRUE(refused_within_a_second(sent, 403));
    EXPECT_EQ(client.ask(get("/api/v1/me", kKey)).status, 200) << "its admin";
    EXPECT_EQ(client.ask(post("/api/v1/exports", kKey, "{}")).status, 202);
    EXPECT_TRUE(eventually([&] { return number("select count(*) from exports where state = 'ready'") == 1; }));
    EXPECT_EQ(provider.ask(post(at(1, "/resume"), kProviderKey, "")).status, 409);

    const auto erase = [&](const std::string& name, bool waives) {
        const json body{{"name", name}, {"reason", "asked for in writing"}, {"waive_export_window", waives}};
        return provider.ask(post(at(1, "/erase"), kProviderKey, body.dump()));
    };
    EXPECT_EQ(erase("Tenant 2", true).status, 422);
    EXPECT_EQ(erase("Tenant 1", false).status, 409);
    const auto asked = erase("Tenant 1", true);
    ASSERT_EQ(asked.status, 202) << asked.body;
    EXPECT_TRUE(refused_within_a_second(get("/api/v1/me", kKey), 401));
    EXPECT_EQ(client.ask(sent).status, 401);
    EXPECT_EQ(provider.ask(post(at(1, "/cancel-close"), kProviderKey, R"({"reason":"it goes on after all"})")).status,
              409);

    const auto path = "/admin/v1/erasures/" + json::parse(asked.body)["id"].get<std::string>();
    EXPECT_TRUE(
        eventually([&] { return json::parse(provider.ask(get(path, kProviderKey)).body)["state"] == "erased"; }));
    const auto file = provider.ask(get(path + "/certificate", kProviderKey));
    ASSERT_EQ(file.status, 200) << file.body;
    const auto certificate = audit::read_certificate_file(file.body);
    ASSERT_TRUE(certificate) << certificate.error().message();
    EXPECT_TRUE(crypto::VerifyingKeys(public_key_)
                    .verify(certificate->key_id, audit::certificate_text(certificate->body), certificate->signature));
    EXPECT_EQ(number("select count(*) from journal"), 0);
    EXPECT_EQ(provider.ask(get(at(1, ""), kProviderKey)).status, 404);
    EXPECT_EQ(client.ask(get("/api/v1/me", kOtherKey)).status, 200) << "the other tenant's";
    EXPECT_EQ(json::parse(provider.ask(get("/admin/v1/erasures", kProviderKey)).body)["items"].size(), 1U);
}

TEST_F(TenantEndTest, NothingIsErasedWhereNothingCouldBeCertified)
{
    config_.audit.signing_key_file.clear();
    Node node(config_);
    test::TlsClient provider(node.management_port());
    ASSERT_EQ(provider.ask(post(at(1, "/close"), kProviderKey, R"({"reason":"the contract ends"})")).status, 200);
    const auto refused = provider.ask(post(at(1, "/erase"), kProviderKey, kErase));
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.body, HasSubstr("audit.signing_key_file"));
    EXPECT_EQ(number("select count(*) from erasures"), 0);
}

TEST_F(TenantEndTest, WhatIsAskedForWronglyChangesNothing)
{
    Node node(config_);
    test::TlsClient provider(node.management_port());
    const auto status = [&](const std::string& what, const std::string& body) {
        return provider.ask(post(at(1, what), kProviderKey, body)).status;
    };
    EXPECT_EQ(status("/close", "{}"), 422);
    EXPECT_EQ(status("/close", R"({"reason":"too short"})"), 422) << "nine characters";
    EXPECT_EQ(status("/close", R"({"reason":"the contract ends","export_days":367})"), 422);
    EXPECT_EQ(status("/close", R"({"reason":"the contract ends","export_days":-1})"), 422);
    EXPECT_EQ(status("/close", R"({"reason":"the contract ends","days":1})"), 422);
    EXPECT_EQ(number("select count(*) from tenants where state <> 'active'"), 0);
    EXPECT_EQ(status("/close", R"({"reason":"the contract ends","export_days":366})"), 200);
    EXPECT_EQ(number("select extract(day from export_until - closed_at)::bigint from tenants where state = 'closing'"),
              366);
    EXPECT_EQ(status("/cancel-close", R"({"reason":"it goes on after all"})"), 200);
    EXPECT_EQ(status("/close", R"({"reason":"ten chars.","export_days":0})"), 200);
    EXPECT_EQ(status("/erase", R"({"name":"Tenant 1"})"), 422);
    EXPECT_EQ(status("/erase", R"({"name":"Tenant 1","reason":"the contract ends","waive_export_window":"yes"})"), 422);
    EXPECT_EQ(number("select count(*) from erasures"), 0);
    EXPECT_EQ(provider.ask(get("/admin/v1/erasures/nonsense", kProviderKey)).status, 404);
    EXPECT_EQ(provider.ask(get("/admin/v1/erasures", "wrong")).status, 401);
    EXPECT_EQ(provider.ask(post(at(9, "/close"), kProviderKey, R"({"reason":"the contract ends"})")).status, 404);
}

}  // namespace
}  // namespace winnow::app
