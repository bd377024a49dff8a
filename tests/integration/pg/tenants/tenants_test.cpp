/// The provider's store, the credential look-up and the configuration.

#include "integration/pg/fixture.hpp"
#include "winnow/pg/config_store.hpp"
#include "winnow/pg/credential_store.hpp"

#include <future>

namespace winnow::pg {
namespace {

using access::CredentialKind;
using access::Principal;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class TenantsTest : public PgTest {
protected:
    [[nodiscard]] std::optional<ports::Credential> credential(const std::string& hash)
    {
        std::promise<Result<std::optional<ports::Credential>>> answer;
        credentials_->find(hash, [&](auto found) { answer.set_value(std::move(found)); });
        auto found = answer.get_future().get();
        EXPECT_TRUE(found) << found.error().message();
        return found.value_or(std::nullopt);
    }
    [[nodiscard]] std::optional<Principal> find(const std::string& hash)
    {
        const auto found = credential(hash);
        return found ? std::optional(found->principal) : std::nullopt;
    }
    void add_integration(TenantId tenant, const std::string& byte)
    {
        sql("insert into integrations (tenant_id, integration_id, name) values ('" + tenant.str() + "', '" +
            integration_.str() + "', 'prometheus')");
        sql("insert into integration_keys (tenant_id, key_id, integration_id, secret_hash, hint) values ('" +
            tenant.str() + "', gen_random_uuid(), '" + integration_.str() + "', decode(repeat('" + byte +
            "', 32), 'hex'), 'wnk_1234')");
    }

    /// `decide` makes of the tenant's rates what is stored.
    template <typename Decide>
    Result<domain::Tenant> change_limits(TenantId tenant, Decide decide)
    {
        const auto limits = provider_->lock_limits(tenant);
        if (!limits) return limits.error();
        auto changed = (*limits)->store({.rates = decide((*limits)->rates())});
        if (!changed) return changed;
        if (const auto committed = (*limits)->commit(); !committed) return committed.error();
        return changed;
    }

    /// As the poll reads them.
    [[nodiscard]] ports::TenantVersions versions(TenantId tenant)
    {
        for (const auto& [id, found] : config_->versions().value()) {
            if (id == tenant) return found;
        }
        ADD_FAILURE() << "no versions of " << tenant.str();
        return {};
    }

    std::unique_ptr<ports::ProviderStore> provider_ = make_provider_store(as(database_.provider));
    std::unique_ptr<ports::CredentialStore> credentials_ = make_credential_store(as(database_.api));
    std::unique_ptr<ports::ConfigStore> config_ = make_config_store(pipeline());
    IntegrationId integration_{new_uuid()};
};

TEST_F(TenantsTest, ATenantIsMadeWithItsAdminsKeyAndItsSettings)
{
    const auto id = new_tenant();
    const auto tenant = provider_->tenant(id);
    ASSERT_TRUE(tenant) << tenant.error().message();
    EXPECT_EQ(tenant->service_code, "tenant1");
    EXPECT_FALSE(tenant->suspended);
    EXPECT_EQ(number("select count(*) from tenant_settings"), 1);

    const auto admin = find(std::string(31, 'k') + '\x01');
    ASSERT_TRUE(admin);
    EXPECT_EQ(admin->kind, CredentialKind::user_key);
    EXPECT_EQ(admin->tenant, id);
    EXPECT_EQ(admin->role, access::Role::admin);
    EXPECT_EQ(admin->email, "admin@example.org");
    EXPECT_EQ(admin->service_code, "tenant1");
}

TEST_F(TenantsTest, ATakenServiceCodeIsAConflictAndLeavesNothing)
{
    new_tenant();
    ports::NewTenant again;
    again.id = TenantId(new_uuid());
    again.service_code = "tenant1";
    again.name = "Again";
    again.admin_id = UserId(new_uuid());
    again.admin_email = "a@b.c";
    again.admin_name = "A";
    again.admin_key_id = ApiKeyId(new_uuid());
    again.admin_key_hash = std::string(32, 'x');
    EXPECT_EQ(provider_->create_tenant(again).error().code(), ErrorCode::conflict);
    again.service_code = "other";
    again.admin_email = std::string("a\0b", 3);
    EXPECT_EQ(provider_->create_tenant(again).error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(number("select count(*) from tenants"), 1);
}

TEST_F(TenantsTest, TenantsAreListedInOrderOfTheirCodesPageByPage)
{
    new_tenant();
    new_tenant();
    new_tenant();
    const auto first = provider_->tenants("", 2).value();
    ASSERT_EQ(first.size(), 2U);
    EXPECT_EQ(first[1].service_code, "tenant2");
    const auto rest = provider_->tenants("tenant2", 2).value();
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0].service_code, "tenant3");
    EXPECT_EQ(provider_->tenant(TenantId(new_uuid())).error().code(), ErrorCode::not_found);
}

TEST_F(TenantsTest, SuspendingShowsOnEveryKeyAndIsTakenBack)
{
    const auto id = new_tenant();
    const auto before = provider_->tenant(id)->config_version;
    EXPECT_TRUE(provider_->set_suspended(id, true)->suspended);
    EXPECT_TRUE(find(std::string(31, 'k') + '\x01')->tenant_suspended);
    EXPECT_GT(provider_->tenant(id)->config_version, before) << "so that caches hear of it";
    EXPECT_EQ(config_->policy_version(id).value(), provider_->tenant(id)->config_version);
    EXPECT_EQ(config_->policy_version(TenantId(new_uuid())).error().code(), ErrorCode::not_found);
    EXPECT_FALSE(provider_->set_suspended(id, false)->suspended);
    EXPECT_FALSE(find(std::string(31, 'k') + '\x01')->tenant_suspended);
    EXPECT_EQ(provider_->set_suspended(TenantId(new_uuid()), true).error().code(), ErrorCode::not_found);
}

TEST_F(TenantsTest, AnIntegrationsKeyNamesItUntilItIsRevokedOrDisabled)
{
    const auto tenant = new_tenant();
    add_integration(tenant, "ab");
    const auto who = find(std::string(32, '\xab'));
    ASSERT_TRUE(who);
    EXPECT_EQ(who->kind, CredentialKind::integration_key);
    EXPECT_EQ(who->tenant, tenant);
    EXPECT_EQ(who->integration, integration_);
    EXPECT_EQ(who->integration_name, "prometheus");
    EXPECT_EQ(find(std::string(32, '\xac')), std::nullopt);

    sql("update integrations set enabled = false");
    EXPECT_EQ(find(std::string(32, '\xab')), std::nullopt);
    sql("update integrations set enabled = true");
    sql("update integration_keys set revoked_at = now()");
    EXPECT_EQ(find(std::string(32, '\xab')), std::nullopt);
}

TEST_F(TenantsTest, AUsersKeyEndsWithItsTimeItsRevocationOrItsUser)
{
    new_tenant();
    const auto key = std::string(31, 'k') + '\x01';
    EXPECT_FALSE(credential(key)->lives_for) << "it does not expire";
    sql("update api_keys set expires_at = now() + interval '1 hour'");
    EXPECT_TRUE(find(key));
    EXPECT_GT(credential(key)->lives_for, std::chrono::minutes{50});
    EXPECT_LE(credential(key)->lives_for, std::chrono::hours{1});
    sql("update api_keys set expires_at = now()");
    EXPECT_FALSE(find(key));
    sql("update api_keys set expires_at = null, revoked_at = now()");
    EXPECT_FALSE(find(key));
    sql("update api_keys set revoked_at = null");
    sql("update users set state = 'disabled'");
    EXPECT_FALSE(find(key));
}

TEST_F(TenantsTest, ALookUpWithoutADatabaseIsUnavailable)
{
    const auto nowhere = make_credential_store({.conninfo = "host=/nowhere"});
    std::promise<ErrorCode> code;
    nowhere->find("x", [&](auto found) { code.set_value(found.error().code()); });
    EXPECT_EQ(code.get_future().get(), ErrorCode::unavailable);
}

TEST_F(TenantsTest, ConfigurationIsReadWhole)
{
    const auto tenant = new_tenant();
    const auto contact = new_contact(tenant, "pager");
    const auto id = "'" + tenant.str() + "'";
    sql("insert into contact_groups (tenant_id, contact_group_id, name) values (" + id + ", '" +
        Uuid::from_words(7, 7).str() + "', 'ops')");
    sql("insert into contact_group_members select tenant_id, contact_group_id, '" + contact.str() +
        "', 1 from contact_groups");
    sql("insert into default_route select tenant_id, contact_group_id, 1 from contact_groups");
    sql("insert into rules (tenant_id, rule_id, name, position, condition, syntax, actions, updated_by) values (" + id +
        ", gen_random_uuid(), 'r', 1, 'env=\"dev\"', 'matchers', '[{\"type\":\"drop\"}]', 'system')");
    sql("update tenant_settings set reopen_window_ms = 60000, close_approval = true");

    const auto config = config_->load(tenant);
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->tenant.service_code, "tenant1");
    EXPECT_EQ(config->settings.reopen_window, std::chrono::minutes{1});
    EXPECT_TRUE(config->settings.close_approval);
    EXPECT_THAT(config->settings.default_route, ElementsAre(ContactGroupId(Uuid::from_words(7, 7))));
    ASSERT_EQ(config->rules.size(), 1U);
    EXPECT_EQ(config->rules[0].condition, "env=\"dev\"");
    ASSERT_EQ(config->contacts.size(), 1U);
    ASSERT_EQ(config->groups.size(), 1U);
    EXPECT_THAT(config->groups[0].contact_ids, ElementsAre(contact));
    EXPECT_EQ(config_->load(TenantId(new_uuid())).error().code(), ErrorCode::not_found);
}

TEST_F(TenantsTest, EveryChangeOfConfigurationRaisesTheVersionOnceATransactionAndIsTold)
{
    const auto tenant = new_tenant();
    const auto other = new_tenant();
    ASSERT_TRUE(config_->wait_for_changes(std::chrono::milliseconds{1})) << "listens from now on";
    const auto version = [&](TenantId id) {
        return provider_->tenant(id)->config_version;
    };
    const auto before = version(tenant);
    const auto others = version(other);

    pqxx::connection connection(database_.api);
    pqxx::nontransaction tx(connection);
    test::begin_as(tx, database_, tenant.str());
    tx.exec(
        "insert into contacts (tenant_id, contact_id, name, type) select current_tenant(), gen_random_uuid(), "
        "n::text, 'email' from generate_series(1, 50) n");
    tx.exec("commit");

    EXPECT_EQ(version(tenant), before + 1);
    EXPECT_EQ(version(other), others);
    EXPECT_THAT(config_->wait_for_changes(std::chrono::seconds{5}).value(),
                ElementsAre(ports::TenantChange{.tenant = tenant, .policy = true}));
    EXPECT_EQ(versions(tenant).policy, before + 1);
    EXPECT_THAT(config_->wait_for_changes(std::chrono::milliseconds{1}).value(), IsEmpty());
}

TEST_F(TenantsTest, DeletingInCascadeTellsToo)
{
    const auto tenant = new_tenant();
    const auto before = versions(tenant);
    pqxx::connection connection(database_.api);
    pqxx::nontransaction tx(connection);
    test::begin_as(tx, database_, tenant.str());
    tx.exec("delete from users");
    tx.exec("commit");
    EXPECT_EQ(number("select count(*) from api_keys"), 0);
    EXPECT_EQ(versions(tenant).credentials, before.credentials + 1);
}

TEST_F(TenantsTest, CredentialsAndPolicyHaveVersionsAndNoticesOfTheirOwn)
{
    const auto tenant = new_tenant();
    const auto t = "'" + tenant.str() + "'";
    ASSERT_TRUE(config_->wait_for_changes(std::chrono::milliseconds{1})) << "listens from now on";
    const ports::TenantChange credentials{.tenant = tenant, .credentials = true};
    const ports::TenantChange policy{.tenant = tenant, .policy = true};
    const std::pair<std::string, ports::TenantChange> writes[] = {
        {"update users set name = 'Somebody'", credentials},
        {"insert into integrations (tenant_id, integration_id, name) values (" + t + ", " + t + ", 'i')", credentials},
        {"insert into integration_keys (tenant_id, key_id, integration_id, secret_hash, hint) values (" + t + ", " + t +
             ", " + t + ", decode(repeat('ab', 32), 'hex'), 'wnk_1234')",
         credentials},
        {"update api_keys set revoked_at = now()", credentials},
        {"update tenant_settings set reopen_window_ms = 1", policy},
        {"insert into contact_groups (tenant_id, contact_group_id, name) values (" + t + ", " + t + ", 'g')", policy},
    };
    for (const auto& [statement, change] : writes) {
        const auto before = versions(tenant);
        sql(statement);
        EXPECT_EQ(versions(tenant).policy, before.policy + (change.policy ? 1 : 0)) << statement;
        EXPECT_EQ(versions(tenant).credentials, before.credentials + (change.credentials ? 1 : 0)) << statement;
        EXPECT_THAT(config_->wait_for_changes(std::chrono::seconds{5}).value(), ElementsAre(change)) << statement;
    }
}

TEST_F(TenantsTest, RatesOfATenantGoWithItsCredentialsAndTheirChangeIsToldAsOne)
{
    using domain::RateClass;
    const auto tenant = new_tenant();
    const std::string hash = std::string(31, 'k') + '\x01';
    ASSERT_TRUE(find(hash));
    EXPECT_FALSE(find(hash)->rates);
    ASSERT_TRUE(config_->wait_for_changes(std::chrono::milliseconds{1}));
    const auto before = versions(tenant);

    const auto changed = change_limits(tenant, [](domain::RateOverrides rates) {
        rates.of(RateClass::ingest) = {.rate = 7, .burst = {}};
        return rates;
    });
    ASSERT_TRUE(changed) << changed.error().message();
    EXPECT_EQ(versions(tenant).credentials, before.credentials + 1);
    EXPECT_EQ(versions(tenant).policy, before.policy) << "no rule is compiled again for it";
    EXPECT_THAT(config_->wait_for_changes(std::chrono::seconds{5}).value(),
                ElementsAre(ports::TenantChange{.tenant = tenant, .credentials = true}));

    const auto again = change_limits(tenant, [](domain::RateOverrides rates) {
        rates.of(RateClass::heavy).burst = 0;
        return rates;
    });
    ASSERT_TRUE(again) << again.error().message();
    const auto who = find(hash);
    ASSERT_TRUE(who && who->rates);
    EXPECT_EQ(*who->rates, again->rates);
    EXPECT_EQ(who->rates->of(RateClass::ingest).rate, 7);
    EXPECT_EQ(who->rates->of(RateClass::ingest).burst, std::nullopt);
    EXPECT_EQ(who->rates->of(RateClass::heavy).burst, 0);
    EXPECT_EQ(provider_->tenant(tenant)->rates, again->rates);

    sql("update tenants set rates = '{\"ingest\": {\"rate\": -1, \"burst\": \"x\"}, \"sms\": 1, \"read\": 2}'");
    EXPECT_FALSE(find(hash)->rates) << "what is not understood is as if it were not there";
    EXPECT_EQ(provider_->lock_limits(TenantId(new_uuid())).error().code(), ErrorCode::not_found);
}

TEST_F(TenantsTest, LimitsThatAreNotCommittedStayAsTheyWere)
{
    const auto tenant = new_tenant();
    const auto before = versions(tenant);
    {
        const auto limits = provider_->lock_limits(tenant);
        ASSERT_TRUE(limits);
        domain::RateOverrides rates;
        rates.of(domain::RateClass::ingest).rate = 7;
        const auto stored = (*limits)->store({.rates = rates, .history_bytes = 1'000'000'000});
        ASSERT_TRUE(stored) << stored.error().message();
        EXPECT_EQ(stored->rates, rates);
    }
    EXPECT_EQ(provider_->tenant(tenant)->rates, domain::RateOverrides());
    EXPECT_EQ(provider_->history(tenant)->own, std::nullopt);
    EXPECT_EQ(versions(tenant).credentials, before.credentials);
}

TEST_F(TenantsTest, WhoIsToldOfNewLimitsMayAskThatStore)
{
    const auto tenant = new_tenant();
    std::unique_ptr<ports::ProviderStore> store;
    std::vector<Result<domain::Tenant>> found;
    store = make_provider_store(as(database_.provider), [&](const ports::TenantChange& change) {
        found.push_back(store->tenant(change.tenant));
    });
    domain::RateOverrides rates;
    rates.of(domain::RateClass::ingest).rate = 7;
    const auto limits = store->lock_limits(tenant);
    ASSERT_TRUE(limits);
    ASSERT_TRUE((*limits)->store({.rates = rates}));
    EXPECT_THAT(found, IsEmpty());
    ASSERT_TRUE((*limits)->commit());
    ASSERT_EQ(found.size(), 1U);
    ASSERT_TRUE(found[0]) << found[0].error().message();
    EXPECT_EQ(found[0]->rates, rates);
}

TEST_F(TenantsTest, LimitsThatAreCommittedAreStoredNoMore)
{
    const auto tenant = new_tenant();
    int told = 0;
    const auto store = make_provider_store(as(database_.provider), [&](const ports::TenantChange&) { ++told; });
    const auto limits = store->lock_limits(tenant);
    ASSERT_TRUE(limits);
    ASSERT_TRUE((*limits)->commit());
    domain::RateOverrides rates;
    rates.of(domain::RateClass::ingest).rate = 7;
    EXPECT_EQ((*limits)->store({.rates = rates}).error().code(), ErrorCode::internal);
    EXPECT_EQ((*limits)->commit().error().code(), ErrorCode::internal);
    EXPECT_EQ(told, 1);
    EXPECT_EQ(store->tenant(tenant)->rates, domain::RateOverrides());
}

TEST_F(TenantsTest, ListeningGoesOnAfterTheSessionWasLost)
{
    const auto tenant = new_tenant();
    ASSERT_TRUE(config_->wait_for_changes(std::chrono::milliseconds{1}));
    sql("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'winnow_pipeline' and datname = "
        "current_database()");
    EXPECT_EQ(config_->wait_for_changes(std::chrono::seconds{5}).error().code(), ErrorCode::unavailable);
    ASSERT_TRUE(config_->wait_for_changes(std::chrono::milliseconds{1}));
    ASSERT_TRUE(provider_->set_suspended(tenant, true));
    EXPECT_THAT(config_->wait_for_changes(std::chrono::seconds{5}).value(),
                ElementsAre(ports::TenantChange{.tenant = tenant, .policy = true, .credentials = true}));
}

}  // namespace
}  // namespace winnow::pg
