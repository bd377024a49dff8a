/// Secrets of the database, and the keys of the vault that they are sealed under.

#include "integration/pg/fixture.hpp"
#include "pg/upkeep/sealed_tables.hpp"
#include "support/vault_database.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/domain/contact.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/key_store.hpp"
#include "winnow/pg/tenant_keys.hpp"
#include "winnow/ports/access/access_key_store.hpp"
#include "winnow/ports/mail/server_mail_store.hpp"
#include "winnow/ports/signin/factor_store.hpp"
#include "winnow/ports/signin/oidc_store.hpp"
#include "winnow/vault/key_ring.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace winnow::pg {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr auto kUrl = "https://hooks.example.org/T0/token";

class ResealingTest : public PgTest {
protected:
    /// A node, as far as it has to do with secrets.
    struct Node {
        Node(const std::string& main, const std::string& vault, const std::string& name)
            : sessions(PgOptions{.conninfo = main}),
              keys(make_key_store(vault, 4)),
              ring(*keys, roots(), before, begins_tenant_keys(sessions), {.node = name}, metrics),
              chores(
                  make_chores(sessions, {}, {}, {},
                              VaultChores{.sealing = &ring,
                                          .keys = keys.get(),
                                          .is_there = [this] { return ring.is_there(); },
                                          .rewrap = [this](std::size_t limit) { return ring.rewrap(limit); },
                                          .renew = [this](std::size_t limit) { return ring.renew(limit, 1h, 1'000); },
                                          .keep_retired = std::chrono::days{35}}))
        {
        }
        static std::vector<crypto::RootKey> roots()
        {
            std::vector<crypto::RootKey> keys;
            keys.emplace_back(std::string(32, 'r'));
            return keys;
        }

        Result<ports::ChoreStep> step(const std::string& chore)
        {
            const auto found = std::ranges::find(chores->list(), chore, &ports::Chore::name);
            return chores->step(static_cast<std::size_t>(found - chores->list().begin()));
        }
        /// A whole round.
        ports::ChoreStep round(const std::string& chore)
        {
            ports::ChoreStep all;
            for (bool more = true; more;) {
                const auto done = step(chore);
                if (!done) throw std::runtime_error(chore + ": " + done.error().message());
                all.rows += done->rows;
                all.failed += done->failed;
                more = done->more;
            }
            return all;
        }

        const crypto::Sealer before{std::string(32, 'k')};
        observe::Metrics metrics;
        Sessions sessions;
        std::unique_ptr<ports::KeyStore> keys;
        vault::KeyRing ring;
        std::unique_ptr<ports::Chores> chores;
    };

    std::unique_ptr<Node> node(const std::string& name = "node")
    {
        return std::make_unique<Node>(database_.pipeline, vault_.url(), name);
    }

    /// With a URL that is sealed as before there was a vault, or as garbage.
    ContactId old_contact(TenantId tenant, const std::string& name, bool good = true)
    {
        const ContactId id(new_uuid());
        const crypto::Sealer before{std::string(32, good ? 'k' : 'x')};
        const auto sealed = crypto::to_base64(before.seal(kUrl, domain::sealed_url_context(tenant, id)));
        sql("insert into contacts (tenant_id, contact_id, name, type, settings) values ('" + tenant.str() + "', '" +
            id.str() + "', '" + name + R"(', 'webhook', '{"url": {"shown": "https://hooks.example.org", "sealed": ")" +
            sealed + R"("}, "note": "plain"}'))");
        return id;
    }

    std::string sealed_url(ContactId contact)
    {
        std::string bytes;
        EXPECT_TRUE(crypto::from_base64(
            text("select settings->'url'->>'sealed' from contacts where contact_id = '" + contact.str() + "'"), bytes));
        return bytes;
    }
    std::optional<std::uint32_t> version_of(ContactId contact) { return crypto::key_version_of(sealed_url(contact)); }

    const test::VaultDatabase vault_;
};

TEST_F(ResealingTest, WhatIsSealedAsBeforeGetsItsTenantsKey)
{
    const auto ours = new_tenant();
    const auto theirs = new_tenant();
    const auto one = old_contact(ours, "one");
    const auto other = old_contact(theirs, "other");
    const auto before = number("select config_version from tenants where tenant_id = '" + ours.str() + "'");
    const auto node = this->node();
    EXPECT_EQ(node->round("reseal_secrets").rows, 2U);
    for (const auto& [tenant, contact] : {std::pair(ours, one), std::pair(theirs, other)}) {
        EXPECT_EQ(version_of(contact), 1U);
        const auto opened = node->ring.open(domain::sealed_setting_place(tenant, contact, "url"), sealed_url(contact));
        ASSERT_TRUE(opened) << opened.error().message();
        EXPECT_EQ(*opened, kUrl);
    }
    EXPECT_EQ(text("select settings->>'note' || ' ' || (settings->'url'->>'shown') || ' ' || version from contacts"
                   " where contact_id = '" +
                   one.str() + "'"),
              "plain https://hooks.example.org 1");
    EXPECT_EQ(number("select count(*) from contacts where encode(sealed_url, 'base64') <>"
                     " replace(settings->'url'->>'sealed', E'\\n', '')"
                     " and translate(encode(sealed_url, 'base64'), E'\\n', '') <> settings->'url'->>'sealed'"),
              0);
    EXPECT_GT(number("select config_version from tenants where tenant_id = '" + ours.str() + "'"), before);
    EXPECT_EQ(node->round("reseal_secrets").rows, 0U);
}

TEST_F(ResealingTest, SeedsOfOneTimeCodesAndLinksOfMailsFollowTheirTenantsKey)
{
    const auto tenant = new_tenant();
    const FactorId factor(new_uuid());
    const ServerMailId mail(new_uuid());
    const crypto::Sealer before{std::string(32, 'k')};
    const auto bytes = [](const std::string& value) {
        return "decode('" + crypto::to_hex(value) + "', 'hex')";
    };
    sql("insert into user_factors (tenant_id, factor_id, user_id, kind, state, sealed) select tenant_id, '" +
        factor.str() + "', user_id, 'totp', 'active', " +
        bytes(before.seal("a seed", ports::totp_context(tenant, factor))) + " from users where tenant_id = '" +
        tenant.str() + "'");
    sql("insert into server_mails (tenant_id, mail_id, kind, receiver, locale, sealed_token, happened_at, expires_at) "
        "values ('" +
        tenant.str() + "', '" + mail.str() + "', 'invitation', 'x@example.org', 'en', " +
        bytes(before.seal("a token", ports::mail_token_place(tenant, mail).before)) +
        ", now(), now() + interval '1 hour')");
    const auto stored = [&](const std::string& column, const std::string& table) {
        std::string value;
        EXPECT_TRUE(crypto::from_hex(text("select encode(" + column + ", 'hex') from " + table), value));
        return value;
    };
    const auto node = this->node();
    for (const std::uint32_t version : {1U, 2U}) {
        EXPECT_EQ(node->round("reseal_secrets").rows, 2U);
        const auto seed = stored("sealed", "user_factors");
        const auto token = stored("sealed_token", "server_mails");
        EXPECT_EQ(crypto::key_version_of(seed), version);
        EXPECT_EQ(crypto::key_version_of(token), version);
        EXPECT_EQ(node->ring.open(ports::totp_place(tenant, factor), seed).value(), "a seed");
        EXPECT_EQ(node->ring.open(ports::mail_token_place(tenant, mail), token).value(), "a token");
        EXPECT_EQ(number("select min(sealed_key_version(sealed)) from user_factors"), version);
        EXPECT_EQ(number("select min(sealed_key_version(sealed_token)) from server_mails"), version);
        vault_.sql("update tenant_keys set created_at = now() - interval '2 hours'");
        node->round("renew_keys");
    }
    sql("update server_mails set sealed_token = '', state = 'dead', finished_at = now()");
    EXPECT_EQ(node->round("reseal_secrets").rows, 1U) << "what was given up has no link any more";
}

TEST_F(ResealingTest, SecretsOfProvidersOfSignInsFollowTheirTenantsKey)
{
    const auto tenant = new_tenant();
    const OidcProviderId provider(new_uuid());
    const auto place = ports::oidc_secret_place(tenant, provider);
    const crypto::Sealer before{std::string(32, 'k')};
    sql("insert into oidc_providers values ('" + tenant.str() + "', '" + provider.str() +
        "', 'n', 'https://id.example', 'c', decode('" + crypto::to_hex(before.seal("a secret", place.before)) +
        "', 'hex'), 'basic', '{}', '{RS256}', '{}', false, '{}', true, 1, now(), now())");
    const auto node = this->node();
    for (const std::uint32_t version : {1U, 2U}) {
        EXPECT_EQ(node->round("reseal_secrets").rows, 1U);
        std::string sealed;
        EXPECT_TRUE(crypto::from_hex(text("select encode(sealed_secret, 'hex') from oidc_providers"), sealed));
        EXPECT_EQ(crypto::key_version_of(sealed), version);
        EXPECT_EQ(node->ring.open(place, sealed).value(), "a secret");
        vault_.sql("update tenant_keys set created_at = now() - interval '2 hours'");
        node->round("renew_keys");
    }
}

TEST_F(ResealingTest, SecretsOfAccessKeysFollowTheirTenantsKeyAndAreNoNewsToAnybody)
{
    const auto tenant = new_tenant();
    const ports::AccessKeyId key(new_uuid());
    const auto place = ports::access_key_place(tenant, key);
    const crypto::Sealer before{std::string(32, 'k')};
    sql("insert into access_keys (tenant_id, access_key_id, access_key, user_id, sealed_secret, created_by, "
        "expires_at) "
        "select tenant_id, '" +
        key.str() + "', repeat('A', 20), user_id, decode('" + crypto::to_hex(before.seal("a secret", place.before)) +
        "', 'hex'), 'x', now() + interval '1 hour' from users where tenant_id = '" + tenant.str() + "'");
    const auto node = this->node();
    const auto version_before = number("select credentials_version from tenants");
    for (const std::uint32_t version : {1U, 2U}) {
        EXPECT_EQ(node->round("reseal_secrets").rows, 1U);
        std::string sealed;
        ASSERT_TRUE(crypto::from_hex(text("select encode(sealed_secret, 'hex') from access_keys"), sealed));
        EXPECT_EQ(crypto::key_version_of(sealed), version);
        EXPECT_EQ(node->ring.open(place, sealed).value(), "a secret");
        vault_.sql("update tenant_keys set created_at = now() - interval '2 hours'");
        node->round("renew_keys");
    }
    sql("update access_keys set revoked_at = now()");
    EXPECT_EQ(node->round("reseal_secrets").rows, 1U) << "one that is over has its secret until it is forgotten";
    EXPECT_EQ(number("select credentials_version from tenants"), version_before + 1) << "that it was revoked";
}

TEST_F(ResealingTest, NotWhileANodeIsAtWorkThatCouldNotOpenIt)
{
    const auto contact = old_contact(new_tenant(), "one");
    sql("insert into journal_streams (node, ended_at) values ('old', null), ('released', null)");
    const auto node = this->node();
    EXPECT_EQ(node->round("reseal_secrets").rows, 0U);
    EXPECT_EQ(version_of(contact), std::nullopt);
    EXPECT_TRUE(check_needs_no_vault(database_.pipeline));
    sql("update journal_streams set ended_at = now() - interval '6 minutes' where node = 'old'");
    sql("insert into journal_streams (node) values ('node')");
    ASSERT_TRUE(node->ring.refresh());
    EXPECT_EQ(text("select compatible from schema_migrations where name = '0045_tenant_keys'"), "f");
    EXPECT_EQ(node->round("reseal_secrets").rows, 1U);
    EXPECT_EQ(version_of(contact), 1U);
    const auto refused = check_needs_no_vault(database_.pipeline);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
}

TEST_F(ResealingTest, AfterAKeyWasRenewedTheOldOneGoesOnceNothingNeedsItAndItsTimeIsOver)
{
    const auto tenant = new_tenant();
    const auto contact = old_contact(tenant, "one");
    const auto node = this->node();
    node->round("reseal_secrets");
    const auto under_first = sealed_url(contact);
    vault_.sql("update tenant_keys set created_at = now() - interval '2 hours'");
    EXPECT_EQ(node->round("renew_keys").rows, 1U);
    EXPECT_EQ(node->round("reseal_secrets").rows, 1U);
    EXPECT_EQ(version_of(contact), 2U);
    node->round("reseal_secrets");
    EXPECT_EQ(vault_.text("select count(*) from tenant_keys where resealed_at is not null"), "0");  // too early
    vault_.sql("update tenant_keys set retired_at = now() - interval '36 days' where version = 1");
    EXPECT_EQ(node->round("destroy_keys").rows, 0U);
    node->round("reseal_secrets");
    EXPECT_EQ(vault_.text("select count(*) from tenant_keys where resealed_at is not null"), "1");
    EXPECT_EQ(node->round("destroy_keys").rows, 1U);
    ASSERT_TRUE(node->ring.refresh());
    const auto place = domain::sealed_setting_place(tenant, contact, "url");
    EXPECT_EQ(node->ring.open(place, sealed_url(contact)).value(), kUrl);
    EXPECT_EQ(node->ring.open(place, under_first).error().code(), ErrorCode::internal);
}

TEST_F(ResealingTest, AKeyThatSomethingIsStillSealedUnderIsNotDestroyed)
{
    const auto contact = old_contact(new_tenant(), "one");
    const auto node = this->node();
    node->round("reseal_secrets");
    vault_.sql("update tenant_keys set created_at = now() - interval '2 hours'");
    node->round("renew_keys");
    // As if somebody had thought so, or an older dump had been restored since.
    vault_.sql("update tenant_keys set resealed_at = now(), retired_at = now() - interval '36 days' where version = 1");
    EXPECT_EQ(node->round("destroy_keys").rows, 0U);
    EXPECT_EQ(vault_.text("select count(*) from tenant_keys where state = 'retiring' and resealed_at is null"), "1");
    EXPECT_EQ(node->round("reseal_secrets").rows, 1U);
    node->round("reseal_secrets");
    EXPECT_EQ(node->round("destroy_keys").rows, 1U);
    EXPECT_EQ(version_of(contact), 2U);
}

TEST_F(ResealingTest, NoKeyIsDestroyedWhileTheSchemaHasSealedColumnsThatThisProgramDoesNotKnow)
{
    old_contact(new_tenant(), "one");
    const auto node = this->node();
    node->round("reseal_secrets");
    vault_.sql("update tenant_keys set created_at = now() - interval '2 hours'");
    node->round("renew_keys");
    node->round("reseal_secrets");
    vault_.sql("update tenant_keys set resealed_at = now(), retired_at = now() - interval '36 days' where version = 1");
    sql("alter table users add column sealed_something bytea");
    const auto refused = node->step("destroy_keys");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("users.sealed_something"));
    EXPECT_EQ(vault_.text("select count(*) from tenant_keys where state = 'destroyed'"), "0");
}

TEST_F(ResealingTest, KnowsEverySealedColumnOfTheSchema)
{
    std::string known;
    for (const auto column : sealed_columns()) known += (known.empty() ? "" : " ") + std::string(column);
    EXPECT_EQ(text("select string_agg(table_name || '.' || column_name, ' ' order by table_name, column_name)"
                   "  from information_schema.columns c where table_schema = 'public' and column_name like 'sealed%'"
                   "   and exists (select from information_schema.columns t where t.table_schema = c.table_schema"
                   "                  and t.table_name = c.table_name and t.column_name = 'tenant_id')"),
              known)
        << "a column that holds sealed values is sealed anew by src/pg/upkeep/sealed_tables.cpp";
}

TEST_F(ResealingTest, WhatDoesNotOpenStaysAndStopsNobody)
{
    const auto tenant = new_tenant();
    const auto damaged = old_contact(tenant, "damaged", false);
    const auto good = old_contact(tenant, "good");
    const auto node = this->node();
    const auto as_it_was = sealed_url(damaged);
    const auto done = node->round("reseal_secrets");
    EXPECT_EQ(done.rows, 1U);
    EXPECT_EQ(done.failed, 1U);
    EXPECT_EQ(version_of(good), 1U);
    EXPECT_EQ(sealed_url(damaged), as_it_was);
}

TEST_F(ResealingTest, OfATenantWhoseKeysWereDestroyedNothingIsSealedAnewAndOthersAre)
{
    const auto gone = new_tenant();
    const auto node = this->node();
    const auto place = domain::sealed_setting_place(gone, ContactId(new_uuid()), "url");
    ASSERT_TRUE(node->ring.seal(place, "it has a key"));
    ASSERT_EQ(node->keys->destroy_all(gone)->size(), 1U);
    ASSERT_TRUE(node->ring.refresh());
    const auto left = old_contact(gone, "left");
    const auto other = old_contact(new_tenant(), "other");
    const auto done = node->round("reseal_secrets");
    EXPECT_EQ(done.rows, 1U);
    EXPECT_EQ(done.failed, 0U) << "it is not tried";
    EXPECT_EQ(version_of(left), std::nullopt);
    EXPECT_EQ(version_of(other), 1U);
}

TEST_F(ResealingTest, AStepIsBoundedAndATenantThatSomebodyIsAtIsLeftAlone)
{
    const auto tenant = new_tenant();
    for (int i = 0; i < 501; ++i) old_contact(tenant, "contact " + std::to_string(i));
    const auto node = this->node();
    {
        pqxx::connection person(database_.superuser);
        pqxx::nontransaction tx(person);
        tx.exec("begin; select 1 from tenants where tenant_id = '" + tenant.str() + "' for update");
        EXPECT_EQ(node->round("reseal_secrets").rows, 0U);
        tx.exec("rollback");
    }
    const auto first = node->step("reseal_secrets");
    ASSERT_TRUE(first);
    EXPECT_EQ(first->rows, 500U);
    EXPECT_TRUE(first->more);
    EXPECT_EQ(node->round("reseal_secrets").rows, 1U);
}

TEST_F(ResealingTest, TwoNodesAtOnceSealEachRowAnewOnceAndAllOfThem)
{
    for (int t = 0; t < 4; ++t) {
        const auto tenant = new_tenant();
        for (int i = 0; i < 50; ++i) old_contact(tenant, "contact " + std::to_string(i));
    }
    const auto one = node("one");
    const auto two = node("two");
    const auto left = [this] {
        return number("select count(*) from contacts where oldest_key_version(settings) = 0");
    };
    std::size_t by_two = 0;
    std::thread beside([&] {
        while (left() > 0) by_two += two->round("reseal_secrets").rows;
    });
    std::size_t by_one = 0;
    while (left() > 0) by_one += one->round("reseal_secrets").rows;
    beside.join();
    EXPECT_EQ(by_one + by_two, 200U);
}

}  // namespace
}  // namespace winnow::pg
