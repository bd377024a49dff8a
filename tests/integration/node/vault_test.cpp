/// @file
/// A node with a vault, and without one: what it seals, what the provider may do, and how it starts.

#include "node_fixture.hpp"
#include "support/vault_database.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <string>

namespace winnow::app {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string kContact = R"({"name":"hook","type":"webhook","url":"https://hooks.example.org/token"})";

class VaultTest : public NodeTest {
protected:
    VaultTest()
    {
        for (const auto* name : {"one.key", "two.key"}) {
            test::write_file(folder_ / name, std::string(64, name[0] == 'o' ? 'b' : 'c'));
        }
        config_.vault.url = vault_.url();
        config_.vault.root_key_files = {(folder_ / "one.key").string()};
    }

    [[nodiscard]] static std::string keys_of(std::uint64_t number, const std::string& then = "")
    {
        return "/admin/v1/tenants/" + TenantId(Uuid::from_words(number, 1)).str() + "/keys" + then;
    }

    test::VaultDatabase vault_;
};

TEST_F(VaultTest, SealsUnderTheTenantsKeyAndShowsTheProviderVersionsOnly)
{
    Node node(config_);
    test::TlsClient client(node.customer_port());
    test::TlsClient provider(node.management_port());
    EXPECT_EQ(json::parse(provider.ask(get(keys_of(1), kProviderKey)).body)["items"], json::array());
    EXPECT_EQ(provider.ask(post(keys_of(1, "/rotate"), kProviderKey, "")).status, 409);
    const auto made = client.ask(post("/api/v1/contacts", kKey, kContact));
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(number("select oldest_key_version(settings) from contacts"), 1);
    EXPECT_THAT(client.ask(get("/api/v1/contacts", kKey)).body, HasSubstr("https://hooks.example.org/token"));
    const auto rotated = provider.ask(post(keys_of(1, "/rotate"), kProviderKey, ""));
    EXPECT_EQ(rotated.status, 202) << rotated.body;
    EXPECT_EQ(json::parse(rotated.body)["version"], 2);
    const auto keys = json::parse(provider.ask(get(keys_of(1), kProviderKey)).body)["items"];
    ASSERT_EQ(keys.size(), 2U);
    EXPECT_EQ(keys[0]["state"], "retiring");
    EXPECT_EQ(keys[1]["state"], "current");
    EXPECT_FALSE(keys[0].contains("wrapped"));
    EXPECT_EQ(provider.ask(get(keys_of(9), kProviderKey)).status, 404);
    vault_.sql(
        "insert into tenant_keys select (jsonb_populate_record(k, jsonb_build_object('version', 2 + n, 'state', "
        "'retiring', 'retired_at', now()))).* from tenant_keys k, generate_series(1, 5) n where version = 1");
    EXPECT_EQ(provider.ask(post(keys_of(1, "/rotate"), kProviderKey, "")).status, 409) << "five seal something still";
    EXPECT_EQ(provider.ask(get("/admin/v1/keys", "wrong")).status, 401);
    EXPECT_EQ(client.ask(get("/admin/v1/keys", kKey)).status, 404);
}

TEST_F(VaultTest, LetsARootKeyWrapThatEveryNodeHolds)
{
    Node node(config_);
    {
        test::TlsClient provider(node.management_port());
        const auto none = provider.ask(post("/admin/v1/keys/rotate", kProviderKey, "{}"));
        EXPECT_EQ(none.status, 409);
        EXPECT_THAT(none.body, HasSubstr("vault.root_key_files"));
        EXPECT_EQ(provider.ask(post("/admin/v1/keys/rotate", kProviderKey, R"({"root":"nonsense"})")).status, 422);
    }
    auto both = config_;
    both.vault.root_key_files.push_back((folder_ / "two.key").string());
    Node other(both);
    test::TlsClient provider(other.management_port());
    EXPECT_EQ(provider.ask(post("/admin/v1/keys/rotate", kProviderKey, "{}")).status, 409);  // the first one lacks it
    node.stop();
    // One that has ended is not waited for; nor is one that has not been heard of for five minutes.
    vault_.sql("update vault_nodes set seen_at = now() - interval '301 seconds' where cardinality(roots) = 1");
    const auto rotated = provider.ask(post("/admin/v1/keys/rotate", kProviderKey, "{}"));
    ASSERT_EQ(rotated.status, 202) << rotated.body;
    const auto roots = json::parse(rotated.body)["root_keys"];
    ASSERT_EQ(roots.size(), 2U);
    EXPECT_EQ(roots[0]["state"], "current");
    EXPECT_EQ(roots[1]["state"], "retiring");
}

TEST_F(VaultTest, DestroysASuspendedTenantsKeysOnceItsServiceCodeIsSaidAgain)
{
    make_tenant(2, "wnu_" + std::string(43, 'o'));
    Node node(config_);
    test::TlsClient client(node.customer_port());
    test::TlsClient provider(node.management_port());
    ASSERT_EQ(client.ask(post("/api/v1/contacts", kKey, kContact)).status, 201);
    const std::string good = R"({"service_code":"tenant1","reason":"the contract has ended"})";
    const auto destroy = [&](const std::string& body) {
        return provider.ask(post(keys_of(1, "/destroy"), kProviderKey, body));
    };
    EXPECT_EQ(destroy(good).status, 409);
    const auto suspend = "/admin/v1/tenants/" + TenantId(Uuid::from_words(1, 1)).str() + "/suspend";
    ASSERT_EQ(provider.ask(post(suspend, kProviderKey, "")).status, 200);
    EXPECT_EQ(destroy(R"({"service_code":"tenant2","reason":"the contract has ended"})").status, 422);
    EXPECT_EQ(destroy(R"({"service_code":"tenant1","reason":"too short"})").status, 422);
    EXPECT_EQ(destroy(R"({"service_code":"tenant1"})").status, 422);
    const auto destroyed = destroy(good);
    ASSERT_EQ(destroyed.status, 200) << destroyed.body;
    EXPECT_EQ(json::parse(destroyed.body)["versions"], json::array({1}));
    EXPECT_EQ(destroy(good).status, 409) << "none is left";
    const auto resume = "/admin/v1/tenants/" + TenantId(Uuid::from_words(1, 1)).str() + "/resume";
    const auto resumed = provider.ask(post(resume, kProviderKey, ""));
    EXPECT_EQ(resumed.status, 409);
    EXPECT_THAT(resumed.body, HasSubstr("were destroyed"));
    EXPECT_THAT(client.ask(get("/api/v1/contacts", kKey)).body, HasSubstr("https://hooks.example.org/***"));
    EXPECT_EQ(number("select count(*) from audit where record like '%\"tenant_key.destroy\"%'"), 1);
    // Of a tenant that never had a key there is nothing to destroy.
    const auto other = "/admin/v1/tenants/" + TenantId(Uuid::from_words(2, 1)).str() + "/suspend";
    ASSERT_EQ(provider.ask(post(other, kProviderKey, "")).status, 200);
    EXPECT_EQ(provider
                  .ask(post(keys_of(2, "/destroy"), kProviderKey,
                            R"({"service_code":"tenant2","reason":"the contract has ended"})"))
                  .status,
              409);
}

TEST_F(VaultTest, DestroysNoKeysWhileSomethingIsSealedUnderTheKeyOfBefore)
{
    Node node(config_);
    test::TlsClient client(node.customer_port());
    test::TlsClient provider(node.management_port());
    ASSERT_EQ(client.ask(post("/api/v1/contacts", kKey, kContact)).status, 201);
    pqxx::connection connection(database_.superuser);
    pqxx::nontransaction tx(connection);
    tx.exec("insert into contacts (tenant_id, contact_id, name, type, settings) values ('" +
            TenantId(Uuid::from_words(1, 1)).str() +
            "', gen_random_uuid(), 'before', 'webhook', '{\"url\": {\"shown\": \"https://example.org\", \"sealed\": "
            "\"AQAAAAAAAAAA\"}}')");  // of the first format; the chore cannot open it, so it stays
    const auto suspend = "/admin/v1/tenants/" + TenantId(Uuid::from_words(1, 1)).str() + "/suspend";
    ASSERT_EQ(provider.ask(post(suspend, kProviderKey, "")).status, 200);
    const auto destroy = [&] {
        return provider.ask(post(keys_of(1, "/destroy"), kProviderKey,
                                 R"({"service_code":"tenant1","reason":"the contract has ended"})"));
    };
    const auto refused = destroy();
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.body, HasSubstr("reseal_secrets"));
    EXPECT_EQ(number("select count(*) from audit where record like '%\"tenant_key.destroy\"%'"), 0);
    tx.exec("delete from contacts where name = 'before'");
    EXPECT_EQ(destroy().status, 200);
}

TEST_F(VaultTest, WithoutOneTheProviderIsToldSo)
{
    config_.vault = {};
    Node node(config_);
    test::TlsClient provider(node.management_port());
    for (const auto& path : {std::string("/admin/v1/keys"), keys_of(1)}) {
        const auto answer = provider.ask(get(path, kProviderKey));
        EXPECT_EQ(answer.status, 404) << path;
        EXPECT_THAT(answer.body, HasSubstr("vault.url"));
    }
    test::TlsClient client(node.customer_port());
    ASSERT_EQ(client.ask(post("/api/v1/contacts", kKey, kContact)).status, 201);
    EXPECT_EQ(number("select oldest_key_version(settings) from contacts"), 0);
}

TEST_F(VaultTest, OfTheWrongKindOrMissingEndsTheStartAndAwayDoesNot)
{
    EXPECT_TRUE(check_vault(config_));
    auto without = config_;
    without.vault = {};
    EXPECT_TRUE(check_vault(without));
    {
        Node node(config_);  // from here on secrets are sealed under tenants' keys
    }
    ASSERT_FALSE(check_vault(without));
    EXPECT_THAT(check_vault(without).error().message(), HasSubstr("vault.url"));
    auto another = config_;
    another.vault.url = database_.pipeline;  // a database, and no vault
    ASSERT_FALSE(check_vault(another));
    another.vault.url = "host=/nowhere/at/all dbname=vault user=winnow_vault";
    EXPECT_TRUE(check_vault(another));
    Node node(another);
    test::TlsClient client(node.customer_port());
    EXPECT_EQ(client.ask(get("/readyz", "")).status, 200);
    EXPECT_EQ(client.ask(post("/api/v1/contacts", kKey, kContact)).status, 503);
    EXPECT_EQ(client.ask(post("/api/v1/alerts", integration_key(), R"({"title":"x"})")).status, 202);
}

}  // namespace
}  // namespace winnow::app
