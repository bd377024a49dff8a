/// The tests of the catalogue, tested: each fault that a migration could make is planted, and found. And
/// own_by_tenant(), with which a migration does not make them.

#include "integration/pg/schema/catalogue.hpp"

#include <pqxx/except>

#include <optional>

namespace winnow::pg {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kSound =
    "create table planted (tenant_id uuid not null references tenants on delete cascade, "
    "planted_id uuid not null, rule_id uuid, primary key (tenant_id, planted_id))";

/// A table that nothing is wrong with, and what is done to it.
struct Fault {
    std::string planted;      ///< Instead of the sound table; "": that one.
    std::string done;         ///< Before it is owned.
    std::string found_by;     ///< A statement of the catalogue.
    std::string offender;     ///< What that names.
    std::string refused_for;  ///< What own_by_tenant() says.
};

class CatalogueFaults : public CatalogueTest {
protected:
    /// As a migration does, or what is said instead.
    std::optional<std::string> owned()
    {
        try {
            sql("set role winnow_owner; select own_by_tenant('planted', 'select, insert', 'select')");
        } catch (const pqxx::sql_error& failure) {
            return failure.what();
        }
        return std::nullopt;
    }
    /// Without any check, as a migration that does it by hand.
    void own_by_hand()
    {
        sql("alter table planted enable row level security; alter table planted force row level security; "
            "create policy own_tenant on planted to winnow_api using (tenant_id = (select current_tenant())) "
            "with check (tenant_id = (select current_tenant()))");
    }
    void plant(const Fault& fault)
    {
        sql("drop table if exists planted; set role winnow_owner; " + (fault.planted.empty() ? kSound : fault.planted));
        if (!fault.done.empty()) sql(fault.done);
    }
    /// Of all that the statements of the catalogue find, what has to do with the table.
    std::vector<std::string> found()
    {
        std::vector<std::string> all;
        for (const auto& statement : {kTablesOfNobody, kWithoutSoundTenantId, kWithoutPrimaryKeyOfTenant,
                                      kWithoutForcedSecurity, kWithoutOwnTenantAlone, kUniqueKeysOfAllTenants,
                                      kForeignKeysOfAllTenants, kViewsOfTheirOwners, kOutsideOfPublic}) {
            for (auto& name : column(statement)) {
                if (name.contains("planted")) all.push_back(std::move(name));
            }
        }
        return all;
    }
};

TEST_F(CatalogueFaults, ATableThatIsOwnedByATenantHasNone)
{
    plant({});
    EXPECT_THAT(found(), testing::SizeIs(2)) << "before: no security, no policy";
    EXPECT_EQ(owned(), std::nullopt);
    EXPECT_THAT(found(), IsEmpty());
    EXPECT_EQ(text("select has_table_privilege('winnow_api', 'planted', 'select, insert')::text || "
                   "has_table_privilege('winnow_api', 'planted', 'update, delete')::text || "
                   "has_table_privilege('winnow_pipeline', 'planted', 'select')::text || "
                   "has_table_privilege('winnow_provider', 'planted', 'select')::text"),
              "truefalsetruefalse");
    EXPECT_EQ(text("select has_function_privilege('winnow_api', 'own_by_tenant(regclass, text, text)', 'execute')"),
              "f");
}

TEST_F(CatalogueFaults, EachTenantOfSuchATableSeesItsOwnRows)
{
    const auto a = new_tenant();
    const auto b = new_tenant();
    plant({});
    ASSERT_EQ(owned(), std::nullopt);
    for (const auto& tenant : {a, b}) sql("insert into planted values ('" + tenant.str() + "', gen_random_uuid())");
    pqxx::connection connection(database_.api);
    pqxx::nontransaction tx(connection);
    test::begin_as(tx, database_, a.str());
    EXPECT_EQ(tx.exec1("select string_agg(tenant_id::text, ',') from planted")[0].as<std::string>(), a.str());
    EXPECT_THROW(tx.exec("insert into planted values ('" + b.str() + "', gen_random_uuid())"),
                 pqxx::insufficient_privilege);
}

TEST_F(CatalogueFaults, EachOfItsKeysIsFoundAndRefused)
{
    const std::string begin = "create table planted (tenant_id uuid not null references tenants, ";
    const std::vector<Fault> faults{
        {"create table planted (planted_id uuid primary key)", "", kTablesOfNobody, "planted", "no column tenant_id"},
        {"create table planted (tenant_id uuid, planted_id uuid primary key)", "", kWithoutSoundTenantId, "planted",
         "no column tenant_id"},
        {"create table planted (tenant_id text, primary key (tenant_id))", "", kWithoutSoundTenantId, "planted",
         "no column tenant_id"},
        {begin + "planted_id uuid)", "", kWithoutPrimaryKeyOfTenant, "planted", "no primary key"},
        {begin + "planted_id uuid primary key)", "", kWithoutPrimaryKeyOfTenant, "planted", "no primary key"},
        {begin + "planted_id uuid, primary key (planted_id, tenant_id))", "", kWithoutPrimaryKeyOfTenant, "planted",
         "no primary key"},
        {"", "alter table planted add constraint u unique (planted_id)", kUniqueKeysOfAllTenants, "planted: u",
         "unique keys that do not begin with tenant_id: u"},
        {"", "create unique index u on planted (planted_id, tenant_id)", kUniqueKeysOfAllTenants, "planted: u",
         "unique keys that do not begin with tenant_id: u"},
        {"",
         "alter table planted add constraint f foreign key (rule_id, tenant_id) references rules (rule_id, tenant_id)",
         kForeignKeysOfAllTenants, "planted: f", "foreign keys that do not begin with tenant_id: f"},
        {"",
         "create table parents_planted (id uuid primary key); alter table planted add constraint f foreign key "
         "(tenant_id) references parents_planted",
         kForeignKeysOfAllTenants, "planted: f", "foreign keys that do not begin with tenant_id: f"},
    };
    // What a foreign key may lead to that names its columns in the wrong order.
    sql("create unique index on rules (rule_id, tenant_id)");
    for (const auto& fault : faults) {
        SCOPED_TRACE(fault.planted + fault.done);
        plant(fault);
        EXPECT_THAT(column(fault.found_by), Contains(fault.offender));
        EXPECT_THAT(owned().value_or("it was taken"), HasSubstr(fault.refused_for));
    }
}

TEST_F(CatalogueFaults, EachOfItsPoliciesIsFound)
{
    const std::string again = "drop policy own_tenant on planted; create policy own_tenant on planted ";
    const std::string own = "using (tenant_id = (select current_tenant())) ";
    const std::vector<Fault> faults{
        {"", "alter table planted disable row level security", kWithoutForcedSecurity, "planted", ""},
        {"", "alter table planted no force row level security", kWithoutForcedSecurity, "planted", ""},
        {"", "drop policy own_tenant on planted", kWithoutOwnTenantAlone, "planted", ""},
        {"", "alter policy own_tenant on planted using (true)", kWithoutOwnTenantAlone, "planted", ""},
        {"", "alter policy own_tenant on planted with check (true)", kWithoutOwnTenantAlone, "planted", ""},
        {"", again + "for select to winnow_api " + own, kWithoutOwnTenantAlone, "planted", ""},
        {"", again + "to public " + own + "with check (tenant_id = (select current_tenant()))", kWithoutOwnTenantAlone,
         "planted", ""},
        {"", again + "to winnow_provider " + own, kWithoutOwnTenantAlone, "planted", ""},
        {"", "create policy more on planted to winnow_api using (true)", kWithoutOwnTenantAlone, "planted", ""},
        {"", "create policy more on planted using (true)", kWithoutOwnTenantAlone, "planted", ""},
        {"", "create view planted_view as select * from planted", kViewsOfTheirOwners, "planted_view", ""},
        {"", "create materialized view planted_view as select * from planted", kViewsOfTheirOwners, "planted_view", ""},
        {"", "create schema elsewhere; create table elsewhere.planted (tenant_id uuid)", kOutsideOfPublic,
         "elsewhere.planted", ""},
    };
    for (const auto& fault : faults) {
        SCOPED_TRACE(fault.done);
        sql("drop table if exists planted cascade");
        plant({});
        own_by_hand();
        ASSERT_THAT(found(), IsEmpty());
        sql(fault.done);
        EXPECT_THAT(column(fault.found_by), Contains(fault.offender));
    }
}

TEST_F(CatalogueFaults, AViewThatSeesAsItsCallerIsNone)
{
    plant({});
    sql("create view planted_view with (security_invoker = true) as select * from planted");
    EXPECT_THAT(column(kViewsOfTheirOwners), IsEmpty());
}

TEST_F(CatalogueFaults, PrivilegesAreWordsAndNothingElse)
{
    plant({});
    EXPECT_THROW(sql("select own_by_tenant('planted', 'select on tenants to public; --', '')"), pqxx::sql_error);
    EXPECT_EQ(number("select count(*) from pg_policies where tablename = 'planted'"), 0);
}

}  // namespace
}  // namespace winnow::pg
