/// What SQL reaches that somebody smuggles into a session of a serving role.

#include "integration/pg/fixture.hpp"
#include "pg/session/connection.hpp"
#include "pg/tenants/proofs.hpp"
#include "winnow/pg/database_checks.hpp"
#include "winnow/pg/migrator.hpp"
#include "winnow/pg/tenant_database.hpp"
#include "winnow/ports/contact_store.hpp"

#include <pqxx/except>

#include <future>

namespace winnow::pg {
namespace {

using test::PostgresCluster;
using testing::HasSubstr;

class ServingRoles : public PgTest {
protected:
    ServingRoles()
    {
        new_contact(a_, "ours");
        new_contact(b_, "theirs");
    }

    [[nodiscard]] static std::string said(TenantId tenant, const std::string& local = "true")
    {
        return "set_config('winnow.tenant_id', '" + tenant.str() + "', " + local + ")";
    }
    static std::string contacts(pqxx::transaction_base& tx)
    {
        return tx.exec1("select coalesce(string_agg(name, ','), '') from contacts")[0].c_str();
    }
    static std::string proof_in(pqxx::transaction_base& tx)
    {
        return tx.exec1("select current_setting('winnow.tenant_proof')")[0].c_str();
    }
    [[nodiscard]] static std::string proven(TenantId tenant, const std::string& proof)
    {
        return "select " + said(tenant) + ", set_config('winnow.tenant_proof', '" + proof + "', true)";
    }
    static void expect_refused(const std::string& conninfo, const std::string& statement)
    {
        pqxx::connection connection(conninfo);
        EXPECT_THROW(pqxx::nontransaction(connection).exec(statement), pqxx::insufficient_privilege) << statement;
    }
    [[nodiscard]] std::string contacts_of(TenantId tenant)
    {
        std::promise<Result<Done>> promise;
        std::string names;
        tenants_->submit(
            tenant,
            [&](ports::TenantSession& session) -> Result<Done> {
                auto page = session.contacts().page({}, 10);
                if (!page) return page.error();
                for (const auto& contact : *page) names += contact.name;
                return Done{};
            },
            [&](Result<Done> done) { promise.set_value(std::move(done)); });
        const auto done = promise.get_future().get();
        return done ? names : done.error().message();
    }

    const TenantId a_ = new_tenant();
    const TenantId b_ = new_tenant();
    pqxx::connection api_{database_.api};
    pqxx::nontransaction tx_{api_};
    std::unique_ptr<ports::TenantDatabase> tenants_ = make_tenant_database(as(database_.api), database_.pipeline);
};

TEST_F(ServingRoles, WhoOnlySaysATenantIsRefusedAndWhoSaysNoneSeesNothing)
{
    tx_.exec("select " + said(b_, "false"));
    EXPECT_THROW(contacts(tx_), pqxx::insufficient_privilege);
    EXPECT_THROW(tx_.exec("update contacts set name = 'x'"), pqxx::insufficient_privilege);
    EXPECT_THROW(tx_.exec("insert into contacts (tenant_id, contact_id, name, type) values ('" + b_.str() +
                          "', gen_random_uuid(), 'x', 'email')"),
                 pqxx::insufficient_privilege);
    EXPECT_THROW(tx_.exec("select * from find_tickets('disk', '{}', 10)"), pqxx::insufficient_privilege);
    for (const auto& proof : {std::string("00"), std::string(64, '0'), std::string("no digits")}) {
        tx_.exec("select set_config('winnow.tenant_proof', " + tx_.quote(proof) + ", false)");
        EXPECT_THROW(contacts(tx_), pqxx::sql_error) << proof;
    }
    tx_.exec("select set_config('winnow.tenant_id', '', false)");
    EXPECT_EQ(contacts(tx_), "");
}

TEST_F(ServingRoles, AProofIsOfOneTenantAndOneTransaction)
{
    test::begin_as(tx_, database_, a_.str());
    EXPECT_EQ(contacts(tx_), "ours");
    const auto proof = proof_in(tx_);
    tx_.exec("select " + said(b_));
    EXPECT_THROW(contacts(tx_), pqxx::insufficient_privilege) << "of another tenant";
    tx_.exec("rollback; begin");
    tx_.exec(proven(a_, proof));
    EXPECT_THROW(contacts(tx_), pqxx::insufficient_privilege) << "of an earlier transaction";
    tx_.exec("rollback");

    test::begin_as(tx_, database_, a_.str());
    pqxx::connection other(database_.api);
    pqxx::nontransaction there(other);
    there.exec("begin; " + proven(a_, proof_in(tx_)));
    EXPECT_THROW(contacts(there), pqxx::insufficient_privilege) << "of another session";
    EXPECT_EQ(contacts(tx_), "ours");
}

TEST_F(ServingRoles, WhatIsLeftInASessionPutsNobodyElseOnATenant)
{
    Session session(as(database_.api));
    TenantProofs proofs(pipeline());
    {
        const auto transaction = proofs.begin(session, a_).value();
        auto& tx = transaction->tx();
        tx.exec("select " + said(a_, "false") + ", set_config('winnow.tenant_proof', '" + proof_in(tx) + "', false)");
        EXPECT_EQ(contacts(tx), "ours");
        transaction->commit();
    }
    {
        Transaction transaction(session);
        EXPECT_THROW(contacts(transaction.tx()), pqxx::insufficient_privilege);
    }
    const auto transaction = proofs.begin(session, b_).value();
    EXPECT_EQ(contacts(transaction->tx()), "theirs");
}

TEST_F(ServingRoles, WhatIsLeftInASessionChangesNothingForWhoeverComesNext)
{
    Session session(as(database_.api));
    TenantProofs proofs(pipeline());
    const auto settings = [](pqxx::transaction_base& tx) {
        const std::string all =
            tx.exec(
                  "select string_agg(name || '=' || setting, ',' order by name) from pg_settings where name in "
                  "('client_encoding', 'TimeZone', 'DateStyle', 'row_security', 'default_transaction_isolation', "
                  "'statement_timeout', 'search_path', 'transaction_isolation', 'transaction_read_only')")[0][0]
                .c_str();
        return all + std::to_string(tx.exec("select count(*) from pg_locks where locktype = 'advisory' and pid = "
                                            "pg_backend_pid()")[0][0]
                                        .as<int>());
    };
    std::string before;
    {
        const auto transaction = proofs.begin(session, a_).value();
        auto& tx = transaction->tx();
        before = settings(tx);
        for (const auto* setting :
             {"client_encoding = 'LATIN1'", "time zone 'Asia/Tokyo'", "datestyle = 'SQL, DMY'", "row_security = off",
              "default_transaction_isolation = 'serializable'", "default_transaction_read_only = on",
              "statement_timeout = 7", "search_path = pg_catalog"}) {
            tx.exec(std::string("set ") + setting);
        }
        tx.exec("select pg_advisory_lock(1, 2)");
        transaction->commit();
    }
    const auto transaction = proofs.begin(session, b_).value();
    EXPECT_EQ(settings(transaction->tx()), before);
    EXPECT_EQ(contacts(transaction->tx()), "theirs");
}

TEST_F(ServingRoles, ABeginningThatFailsHalfWayLeavesTheSessionOfUse)
{
    Session session(as(database_.api));
    EXPECT_THROW(Transaction(session, "begin; select 1 / 0"), pqxx::sql_error);
    EXPECT_EQ(Transaction(session, "begin; select 1").begun()[0][0].as<int>(), 1);
}

TEST_F(ServingRoles, TheKeyIsOutOfReach)
{
    for (const auto& role : {database_.api, database_.provider}) {
        expect_refused(role, "select key from tenant_key");
        expect_refused(role, "select 1 from tenant_key");
        expect_refused(role, "select require_tenant_proofs()");
    }
    for (const auto& role : {database_.api, database_.provider, database_.pipeline}) {
        expect_refused(role, "update tenant_key set required = false");
        expect_refused(role, "select inner_pad from tenant_key");
        expect_refused(role, "select renew_tenant_key()");
        expect_refused(role, "alter function current_tenant() security invoker");
        expect_refused(role, "alter table contacts disable row level security");
    }
}

TEST_F(ServingRoles, ARenewedKeyIsReadAnewAndNobodyNotices)
{
    EXPECT_EQ(contacts_of(a_), "ours");
    test::begin_as(tx_, database_, a_.str());
    const auto before = text("select encode(key, 'hex') from tenant_key");
    sql("select renew_tenant_key()");
    EXPECT_NE(text("select encode(key, 'hex') from tenant_key"), before);
    EXPECT_EQ(contacts(tx_), "ours") << "a transaction that began with the last key ends with it";
    EXPECT_EQ(contacts_of(a_), "ours");
    sql("update tenant_key set last_until = now()");  // time passes
    EXPECT_EQ(contacts_of(a_), "ours");
    EXPECT_EQ(contacts_of(b_), "theirs");
    tx_.exec("rollback");
}

TEST_F(ServingRoles, TheLastKeyProvesNothingThatBeginsLater)
{
    const auto last = text("select encode(outer_pad, 'hex') || ' ' || encode(inner_pad, 'hex') from tenant_key");
    const auto digits = last.find(' ');
    const auto with_last_key = [&] {
        const std::string moment =
            tx_.exec("begin; select encode(int4send(pg_backend_pid()) || timestamptz_send(now()), 'hex')")[0][0]
                .c_str();
        tx_.exec(proven(a_, text("select encode(sha256('\\x" + last.substr(0, digits) + "'::bytea || sha256('\\x" +
                                 last.substr(digits + 1) + "'::bytea || uuid_send('" + a_.str() + "') || '\\x" +
                                 moment + "'::bytea)), 'hex')")));
    };
    with_last_key();
    EXPECT_EQ(contacts(tx_), "ours");
    tx_.exec("rollback");
    sql("select renew_tenant_key(); update tenant_key set last_until = now()");
    with_last_key();
    EXPECT_THROW(contacts(tx_), pqxx::insufficient_privilege);
    tx_.exec("rollback");
    sql("select renew_tenant_key()");
    with_last_key();
    EXPECT_THROW(contacts(tx_), pqxx::insufficient_privilege) << "two keys ago";
}

/// A worker process of a parallel plan has another id than the one in the proof.
TEST_F(ServingRoles, AProofHoldsInAParallelPlan)
{
    test::begin_as(tx_, database_, a_.str());
    tx_.exec("set local force_parallel_mode = on");
    EXPECT_EQ(contacts(tx_), "ours");
    EXPECT_EQ(tx_.exec1("select count(*) from contacts where current_tenant() = tenant_id")[0].as<int>(), 1);
    EXPECT_EQ(tx_.exec1("select current_tenant()")[0].c_str(), a_.str());
}

/// What is no table of a tenant, and what looks past row-level security: each of these has been thought about.
TEST_F(ServingRoles, ThisIsAllThatTheApiReachesBesidesTheTablesOfItsTenant)
{
    std::vector<std::string> reached;
    const auto rows = sql(R"sql(
select c.relname from pg_class c
 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S')
   and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id')
   and has_any_column_privilege('winnow_api', c.oid, 'select, insert, update')
union all
select p.proname || '()' from pg_proc p
 where p.pronamespace = 'public'::regnamespace and p.prosecdef and p.prorettype <> 'trigger'::regtype
   and has_function_privilege('winnow_api', p.oid, 'execute')
)sql");
    for (const auto& row : rows) reached.emplace_back(row[0].c_str());
    EXPECT_THAT(reached, testing::UnorderedElementsAre(
                             "audit_append()", "audit_redact()", "begin_management_groups()", "count_all_tickets()",
                             "current_groups()", "current_tenant()", "drop_pending_mails()", "end_support_grant()",
                             "find_access_key()", "find_access_key_groups()", "find_caller()", "find_caller_groups()",
                             "find_credential()", "find_scim_token()", "find_session()", "find_session_groups()",
                             "find_session_networks()", "find_source_networks()", "find_tickets()", "finish_import()",
                             "import_alerts()", "import_rows()", "integrations_of_groups()", "invitation_mail()",
                             "keep_source_throttle()", "lock_quota()", "oidc_providers_of_code()", "own_quotas()",
                             "rates_of_credential()", "rates_of_tenant()", "schema_migrations", "source_throttle()",
                             "start_import()", "tenant_announcements()", "tenant_of_code()", "tenant_of_link()",
                             "tenant_of_oidc_provider()", "works_ticket()"));
    sql("update tenants set rates = '{\"rest\": {\"rate\": 1, \"burst\": 1}}'");
    EXPECT_STREQ(tx_.exec1("select rates_of_tenant('" + b_.str() + "')")[0].c_str(), "{}")
        << "only programs that prove nothing ask for it";
}

TEST_F(ServingRoles, NoneChangesAHistoryOrForgetsAlerts)
{
    for (const auto& role : {database_.api, database_.pipeline, database_.provider}) {
        expect_refused(role, "update ticket_events set actor = 'somebody else'");
        expect_refused(role, "update rule_versions set content = '{}'");
        expect_refused(role, "update audit set record = '{}'");
        expect_refused(role, "delete from audit");
        expect_refused(role, "delete from audit_anchors");
        expect_refused(role, "select audit_link(null, '{}', '', '')");
        expect_refused(role, "update journal set payload = ''");
        expect_refused(role, "update verdicts set payload = ''");
        expect_refused(role, "delete from journal");
        expect_refused(role, "delete from verdicts");
        expect_refused(role, "truncate ticket_events");
    }
    expect_refused(database_.api, "delete from ticket_events");
    expect_refused(database_.api, "delete from rule_versions");
}

/// On a database as PostgreSQL 14 made them, where everybody had more rights.
TEST(ServingRole, ShadowsNothingAndChangesNoOther)
{
    const auto database = PostgresCluster::instance().empty_database();
    {
        pqxx::connection connection(database.superuser);
        pqxx::nontransaction(connection).exec0("grant create on schema public to public");
    }
    ASSERT_TRUE(migrate(database.superuser));
    for (const auto& role : {database.api, database.pipeline, database.provider}) {
        pqxx::connection connection(role);
        pqxx::nontransaction tx(connection);
        for (const std::string statement :
             {"create function public.sha256(text) returns bytea language sql as 'select ''''::bytea'",
              "create function pg_temp.current_tenant() returns uuid language sql as 'select null::uuid'",
              "create operator public.|| (leftarg = bytea, rightarg = text, function = pg_catalog.byteacat)",
              "create temporary table tenant_key (key bytea)", "create table public.t ()", "create schema mine",
              "set role winnow_owner", "alter role winnow_owner password 'x'",
              "alter role winnow_owner set search_path = x", "create role another",
              "set session_replication_role = replica"}) {
            EXPECT_THROW(tx.exec(statement), pqxx::sql_error) << statement;
        }
    }
    EXPECT_THAT(check_openings(database.pipeline).value(), testing::IsEmpty());
}

/// PostgreSQL lets a role give itself settings. They are of no use to whoever does, and are told.
TEST_F(ServingRoles, WhatARoleSetsForItselfDoesNotReachItsSessionsAndIsTold)
{
    tx_.exec("alter role winnow_api in database " + database_.name + " set search_path = nowhere");
    EXPECT_EQ(contacts_of(a_), "ours");
    EXPECT_THAT(check_openings(database_.pipeline).value(),
                testing::Contains(testing::AllOf(HasSubstr("winnow_api"), HasSubstr("search_path"))));
}

TEST_F(ServingRoles, WhatEverybodyMayDoIsTold)
{
    sql("grant create on schema public to public; grant temporary on database " + database_.name + " to public");
    const auto openings = check_openings(database_.pipeline).value();
    EXPECT_THAT(openings, testing::Contains(HasSubstr("revoke create on schema public")));
    EXPECT_THAT(openings, testing::Contains(HasSubstr("temporary")));
}

}  // namespace
}  // namespace winnow::pg
