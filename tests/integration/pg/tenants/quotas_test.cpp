/// @file
/// Quotas: what is there is counted where it comes and goes, the last place has one taker, and a wrong count is put
/// right.

#include "integration/pg/fixture.hpp"
#include "winnow/pg/migrator.hpp"

#include <pqxx/except>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace winnow::pg {
namespace {

/// Writes as people do, through the API's role.
class Person {
public:
    Person(const test::TestDatabase& database, TenantId tenant)
        : connection_(database.api), tx_(connection_), tenant_("'" + tenant.str() + "'")
    {
        test::begin_as(tx_, database, tenant.str());
    }
    std::int64_t locked(const std::string& quota)
    {
        return tx_.exec("select used from lock_quota('" + quota + "')")[0][0].as<std::int64_t>();
    }
    void contact(const std::string& name)
    {
        tx_.exec("insert into contacts (tenant_id, contact_id, name, type) values (" + tenant_ +
                 ", gen_random_uuid(), '" + name + "', 'email')");
    }
    void exec(const std::string& statement) { tx_.exec(statement); }
    void commit() { tx_.exec("commit"); }

private:
    pqxx::connection connection_;
    pqxx::nontransaction tx_;
    std::string tenant_;
};

class QuotasTest : public PgTest {
protected:
    [[nodiscard]] std::string t(TenantId tenant) const { return "'" + tenant.str() + "'"; }
    [[nodiscard]] std::string t() const { return t(tenant_); }
    [[nodiscard]] std::int64_t used(const std::string& quota, std::optional<TenantId> tenant = {})
    {
        return number("select coalesce((select used from quotas where name = '" + quota +
                      "' and tenant_id = " + t(tenant.value_or(tenant_)) + "), 0)");
    }

    const TenantId tenant_ = new_tenant();
    const TenantId other_ = new_tenant();
};

TEST_F(QuotasTest, WhatComesAndGoesIsCountedHoweverItDoes)
{
    EXPECT_EQ(used("users"), 1) << "the admin that a tenant is made with";
    EXPECT_EQ(used("keys"), 1);
    sql("insert into contacts (tenant_id, contact_id, name, type) select " + t() +
        ", gen_random_uuid(), 'c' || n, 'email' from generate_series(1, 5) n");
    EXPECT_EQ(used("contacts"), 5);
    EXPECT_EQ(used("contacts", other_), 0);
    sql("delete from contacts where name in ('c1', 'c2')");
    EXPECT_EQ(used("contacts"), 3);
    sql("insert into rules (tenant_id, rule_id, name, position, condition, syntax, actions, updated_by) select " + t() +
        ", gen_random_uuid(), 'r', n, '', 'matchers', '[]', 'x' from generate_series(1, 4) n");
    EXPECT_EQ(used("rules"), 4);
    sql("update rules set name = 's'");
    EXPECT_EQ(used("rules"), 4);
}

TEST_F(QuotasTest, AKeyCountsUntilItIsRevokedOrGone)
{
    const auto integration = new_uuid().str();
    sql("insert into integrations (tenant_id, integration_id, name) values (" + t() + ", '" + integration + "', 'i')");
    sql("insert into integration_keys (tenant_id, key_id, integration_id, secret_hash, hint, revoked_at) select " +
        t() + ", gen_random_uuid(), '" + integration +
        "', sha256(n::text::bytea), 'h', case when n = 3 then now() end from generate_series(1, 3) n");
    EXPECT_EQ(used("keys"), 1 + 2);
    sql("update integration_keys set revoked_at = now() where secret_hash = sha256('1')");
    EXPECT_EQ(used("keys"), 1 + 1);
    sql("update integration_keys set revoked_at = now() - interval '1 day' where secret_hash = sha256('1')");
    EXPECT_EQ(used("keys"), 1 + 1) << "it is revoked still";
    sql("delete from integrations");
    EXPECT_EQ(used("keys"), 1);
    EXPECT_EQ(used("integrations"), 0);
}

TEST_F(QuotasTest, ATenantThatGoesTakesItsQuotasAlong)
{
    sql("delete from tenants where tenant_id = " + t());
    EXPECT_EQ(number("select count(*) from quotas where tenant_id = " + t()), 0);
    EXPECT_EQ(used("users", other_), 1);
}

TEST_F(QuotasTest, WhatIsRolledBackTakesNoPlace)
{
    {
        Person person(database_, tenant_);
        EXPECT_EQ(person.locked("contacts"), 0);
        person.contact("a");
    }
    EXPECT_EQ(used("contacts"), 0);
}

TEST_F(QuotasTest, OfTwoWhoRaceForTheLastPlaceTheSecondSeesItTaken)
{
    auto first = std::make_unique<Person>(database_, tenant_);
    EXPECT_EQ(first->locked("contacts"), 0);
    std::int64_t seen = -1;
    std::jthread second([&] {
        Person person(database_, tenant_);
        person.exec("set local lock_timeout = '20s'");  // should this test fail
        seen = person.locked("contacts");
    });
    ASSERT_TRUE(eventually([&] { return number("select count(*) from pg_locks where not granted") > 0; }));
    first->contact("the last");
    first->commit();
    second.join();
    EXPECT_EQ(seen, 1);
}

TEST_F(QuotasTest, AnotherTenantWaitsForNobody)
{
    Person first(database_, tenant_);
    EXPECT_EQ(first.locked("contacts"), 0);
    Person second(database_, other_);
    second.exec("set local lock_timeout = '2s'");
    EXPECT_EQ(second.locked("contacts"), 0);
}

TEST_F(QuotasTest, NobodyAsksWithoutATenantAndTheApiRaisesNoLimitOfItsOwn)
{
    pqxx::connection connection(database_.api);
    EXPECT_THROW(pqxx::nontransaction(connection).exec("select * from lock_quota('contacts')"), pqxx::sql_error);
    for (const std::string statement :
         {"update quotas set most = 5", "update quotas set used = 0", "delete from quotas",
          "select add_to_quota(current_tenant(), 'contacts', -1)", "select * from quotas_of(current_tenant())"}) {
        Person person(database_, tenant_);
        EXPECT_THROW(person.exec(statement), pqxx::sql_error) << statement;
    }
}

TEST_F(QuotasTest, ACountThatIsWrongIsPutRightOnceADay)
{
    sql("update quotas set used = 17, counted_at = now() - interval '19 hours' where tenant_id = " + t());
    EXPECT_EQ(do_chore("count_quotas"), 0U) << "they were counted today";
    sql("update quotas set counted_at = now() - interval '21 hours'");
    EXPECT_EQ(do_chore("count_quotas"), 2U) << "both tenants";
    EXPECT_EQ(used("users"), 1);
    EXPECT_EQ(used("keys"), 1);
    EXPECT_EQ(used("users", other_), 1);
    EXPECT_EQ(do_chore("count_quotas"), 0U);
}

TEST_F(QuotasTest, WhoseConfigurationSomebodyChangesIsCountedTheNextTime)
{
    sql("update quotas set used = 17, counted_at = now() - interval '21 hours' where tenant_id = " + t());
    {
        Person person(database_, tenant_);
        person.exec("select from tenants for no key update");
        EXPECT_EQ(do_chore("count_quotas"), 0U);
        EXPECT_EQ(used("users"), 17);
    }
    EXPECT_EQ(do_chore("count_quotas"), 1U);
    EXPECT_EQ(used("users"), 1);
}

TEST_F(QuotasTest, TheProviderSetsThemForOneTenantAndSeesThem)
{
    const auto provider = make_provider_store(as(database_.provider));
    const auto set = provider->set_quotas(
        tenant_, {{.quota = domain::Quota::users, .own = 5}, {.quota = domain::Quota::history_bytes, .own = 2'000'000}},
        {});
    ASSERT_TRUE(set) << set.error().message();
    const auto seen = provider->quotas(tenant_);
    ASSERT_TRUE(seen);
    ASSERT_EQ(seen->size(), domain::kQuotas.size());
    const auto& users = seen->at(static_cast<std::size_t>(domain::Quota::users));
    EXPECT_EQ(users.own, 5);
    EXPECT_EQ(users.used, 1);
    EXPECT_EQ(seen->at(static_cast<std::size_t>(domain::Quota::history_bytes)).own, 2'000'000);
    EXPECT_EQ(seen->at(static_cast<std::size_t>(domain::Quota::contacts)).own, std::nullopt);
    EXPECT_EQ(provider->quotas(other_)->at(static_cast<std::size_t>(domain::Quota::users)).own, std::nullopt);

    ASSERT_TRUE(provider->set_quotas(tenant_, {{.quota = domain::Quota::users}}, {}));
    EXPECT_EQ(provider->quotas(tenant_)->at(static_cast<std::size_t>(domain::Quota::users)).own, std::nullopt);
    EXPECT_EQ(provider->quotas(TenantId(new_uuid())).error().code(), ErrorCode::not_found);
    EXPECT_EQ(provider->set_quotas(TenantId(new_uuid()), {}, {}).error().code(), ErrorCode::not_found);
    EXPECT_EQ(number("select count(*) from audit where act = 'quota.change'"), 2);
}

TEST_F(QuotasTest, WhatWasThereBeforeTheStepIsCountedByIt)
{
    database_ = test::PostgresCluster::instance().empty_database();
    std::vector<Migration> before;
    for (const auto& step : embedded_migrations()) {
        if (step.name.ends_with("_quotas")) break;
        before.push_back(step);
    }
    ASSERT_LT(before.size(), embedded_migrations().size());
    ASSERT_TRUE(migrate(database_.superuser, {}, before));
    for (const auto& tenant : {t(tenant_), t(other_)}) {
        sql("insert into tenants (tenant_id, service_code, name) values (" + tenant + ", 't" +
            tenant.substr(tenant.size() - 9, 8) + "', 'T')");
    }
    sql("insert into users (tenant_id, user_id, email, name, role, state, deleted_at) select " + t() +
        ", md5(n::text)::uuid, n || '@example.org', 'u', 'admin', case when n = 3 then 'disabled' else 'active' end, "
        "case when n = 3 then now() end from generate_series(1, 3) n");
    sql("insert into contacts (tenant_id, contact_id, name, type) select " + t() +
        ", gen_random_uuid(), 'c' || n, 'email' from generate_series(1, 4) n");
    sql("insert into rules (tenant_id, rule_id, name, position, condition, syntax, actions, updated_by) select " + t() +
        ", gen_random_uuid(), 'r', n, '', 'matchers', '[]', 'x' from generate_series(1, 5) n");
    sql("insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id, state, payload) "
        "select " +
        t() +
        ", gen_random_uuid(), gen_random_uuid(), 1, 'opened', gen_random_uuid(), (array['delivered', 'pending', "
        "'sending', 'dead'])[1 + n % 4], '{}' from generate_series(1, 12) n");
    const auto migrated = migrate(database_.owner);  // whom row-level security holds
    ASSERT_TRUE(migrated) << migrated.error().message();

    EXPECT_EQ(used("users"), 2);
    EXPECT_EQ(used("contacts"), 4);
    EXPECT_EQ(used("rules"), 5);
    EXPECT_EQ(used("deliveries"), 6);
    EXPECT_EQ(number("select count(*) from quotas where tenant_id = " + t(other_) + " and used = 0"), 9);
    EXPECT_EQ(number("select count(*) from quotas where used <> count_for_quota(tenant_id, name)"), 0);
}

}  // namespace
}  // namespace winnow::pg
