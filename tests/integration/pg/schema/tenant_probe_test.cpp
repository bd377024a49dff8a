/// Two tenants with a row in every table: each sees and writes its own.

#include "integration/pg/erasure/eraser.hpp"
#include "integration/pg/schema/catalogue.hpp"

#include <pqxx/except>

namespace winnow::pg {
namespace {

/// Two tenants with a row in every table.
class TenantProbe : public CatalogueTest {
protected:
    void fill(TenantId tenant)
    {
        const auto t = "'" + tenant.str() + "'";
        const std::string u = "'" + new_uuid().str() + "'";
        sql("select make_day_partitions((now() at time zone 'UTC')::date, 1), "
            "make_access_partitions((now() at time zone 'UTC')::date, 1)");
        sql("insert into access_log (tenant_id) values (" + t + ")");
        sql("insert into source_networks (tenant_id) values (" + t + ")");
        sql("insert into integrations (tenant_id, integration_id, name) values (" + t + ", " + u + ", 'i')");
        sql("insert into integration_keys (tenant_id, key_id, integration_id, secret_hash, hint) values (" + t + ", " +
            u + ", " + u + ", sha256(" + t + "::bytea), 'h')");
        sql("insert into access_keys (tenant_id, access_key_id, access_key, integration_id, sealed_secret, created_by, "
            "expires_at) values (" +
            t + ", " + u +
            ", translate(left(encode(sha256(uuid_send(gen_random_uuid())), 'hex'), 20), '0189abcdef', 'GHIJABCDEF'), " +
            u + ", 's', 'x', now())");
        sql("insert into scim_tokens (tenant_id, token_id, secret_hash, hint, role, created_by, expires_at) values (" +
            t + ", " + u + ", sha256(" + t + "::bytea), 'h', 'viewer', 'x', now())");
        sql("insert into scim_users (tenant_id, user_id, user_name) select tenant_id, user_id, 'x' from users u "
            "where u.tenant_id = " +
            t);
        sql("insert into credential_use values (" + t + ", 'integration', " + u + ", now())");
        sql("insert into contacts (tenant_id, contact_id, name, type) values (" + t + ", " + u + ", 'c', 'email')");
        sql("insert into contact_groups (tenant_id, contact_group_id, name) values (" + t + ", " + u + ", 'g')");
        sql("insert into contact_group_members values (" + t + ", " + u + ", " + u + ", 1)");
        sql("insert into default_route values (" + t + ", " + u + ", 1)");
        sql("insert into rules (tenant_id, rule_id, name, position, condition, syntax, actions, updated_by) values (" +
            t + ", " + u + ", 'r', 1, '', 'matchers', '[]', 'x')");
        sql("insert into rule_versions (tenant_id, rule_id, version, content, changed_by) values (" + t + ", " + u +
            ", 1, '{}', 'x')");
        sql("insert into rule_stats (tenant_id, rule_id) values (" + t + ", " + u + ")");
        sql("insert into journal values (" + t + ", now(), 1, 1, 1, '')");
        sql("insert into verdicts values (" + t + ", now(), 1, 1, '')");
        sql("insert into journal_progress values (" + t + ", 1, 1)");
        sql("insert into idempotency_receipts values (" + t + ", " + u + ", 'k', sha256(''), 202, '')");
        sql("insert into ticket_numbers values (" + t + ", 2)");
        sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
            "first_seen_at, last_seen_at, opened_at) values (" +
            t + ", " + u + ", 1, 'open', 1, 't', 'k', 1, now(), now(), now())");
        sql("insert into ticket_search values (" + t + ", " + u + ", 't', '{}')");
        sql("insert into search_progress values (" + t + ", 1)");
        sql("insert into alerts_forgotten values (" + t + ", now())");
        sql("insert into chore_set_asides (tenant_id, chore, reason, content) values (" + t + ", 'c', 'r', '{}')");
        sql("insert into history_used values (" + t + ", 1)");
        sql("insert into history_uncounted (tenant_id, history) values (" + t + ", 'h')");
        sql("insert into history_deltas (tenant_id, bytes) values (" + t + ", 1)");
        sql("insert into quarantined_rows values (" + t + ", now(), 1, 1, 1)");
        sql("insert into set_asides values (" + t + ", 'rule', " + u + ", 1, '{}', null, false, now())");
        sql("insert into search_due (tenant_id, ticket_id) values (" + t + ", " + u + ")");
        sql("insert into ticket_events values (" + t + ", " + u + ", 1, 'opened', now(), 'system')");
        sql("insert into alert_instances values (" + t + ", 'k', " + u + ", now(), null, true)");
        sql("insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id, payload) "
            "values (" +
            t + ", " + u + ", " + u + ", 1, 'opened', " + u + ", '{}')");
        sql("insert into notices (tenant_id, ticket_id, event_seq, content, public_url) values (" + t + ", " + u +
            ", 1, '{}', '')");
        sql("insert into owed_events (tenant_id, ticket_id, kind, at, data) values (" + t + ", " + u +
            ", 'notified', now(), '{}')");
        sql("insert into silences (tenant_id, silence_id, condition, syntax, starts_at, ends_at, comment, created_by, "
            "updated_by) values (" +
            t + ", " + u + ", 'a=\"b\"', 'matchers', now(), now(), 'c', 'x', 'x')");
        sql("insert into maintenance_windows (tenant_id, maintenance_window_id, name, condition, syntax, starts_at, "
            "duration_ms, updated_by) values (" +
            t + ", " + u + ", 'w', '{}', 'matchers', now(), 1, 'x')");
        sql("insert into inhibitions (tenant_id, inhibition_id, name, source_condition, source_syntax, "
            "target_condition, target_syntax, updated_by) values (" +
            t + ", " + u + ", 'i', '{}', 'matchers', '{}', 'matchers', 'x')");
        sql("insert into inhibition_sources values (" + t + ", " + u + ", 'kx', '', false)");
        sql("insert into quiet_tickets (tenant_id, ticket_id, kind, cause_id, alert_id, alert, config_version) values "
            "(" +
            t + ", " + u + ", 'silence', " + u + ", " + u + ", '{}', 1)");
        sql("insert into suppression_stats values (" + t + ", " + u + ")");
        sql("insert into rule_machines values (" + t + ", " + u +
            ", 'threshold', 'k', '{}', null, false, 0, null, now())");
        sql("insert into noise_counts (tenant_id, hour, kind, key) values (" + t + ", now(), 'total', '')");
        sql("insert into noise_deltas (tenant_id, hour, kinds, keys, outcomes, counts) values (" + t +
            ", now(), '{total}', '{\"\"}', '{held}', '{1}')");
        sql("insert into ruleset_versions (tenant_id, version, made_by, created, updated, deleted, moved, rule_ids, "
            "rule_versions) values (" +
            t + ", 1, 'x', 1, 0, 0, 0, '{}', '{}')");
        sql("insert into user_passwords (tenant_id, user_id, salt, tag, memory_kib, passes, pepper_id) select "
            "tenant_id, "
            "user_id, decode(repeat('00', 16), 'hex'), sha256(''), 1, 1, 'p' from users where tenant_id = " +
            t);
        sql("insert into user_factors (tenant_id, factor_id, user_id, kind, state, sealed) select tenant_id, " + u +
            ", user_id, 'totp', 'active', 's' from users where tenant_id = " + t);
        sql("insert into sessions (tenant_id, session_id, user_id, token_hash, state, authenticated_at, created_at, "
            "last_seen_at, expires_at) select tenant_id, " +
            u + ", user_id, sha256(''), 'active', now(), now(), now(), now() from users where tenant_id = " + t);
        sql("insert into invitations (tenant_id, invitation_id, user_id, token_hash, state, expires_at) "
            "select tenant_id, " +
            u + ", user_id, sha256(''), 'pending', now() from users where tenant_id = " + t);
        sql("insert into one_time_tokens (tenant_id, token_id, user_id, purpose, token_hash, expires_at) select "
            "tenant_id, " +
            u + ", user_id, 'reset', sha256(''), now() from users where tenant_id = " + t);
        sql("insert into oidc_providers values (" + t + ", " + u +
            ", 'n', 'https://i', 'c', 's', 'basic', '{}', '{RS256}', '{}', false, '{}', true, 1, now(), now())");
        sql("insert into oidc_logins values (" + t + ", " + u + ", " + u +
            ", sha256(''), 'n', sha256(''), sha256(''), '/', false, now(), now())");
        sql("insert into user_identities (tenant_id, provider_id, subject, user_id, managed) select tenant_id, " + u +
            ", 's', user_id, true from users where tenant_id = " + t);
        sql("insert into throttles (tenant_id, kind, subject_hash, failures, window_at, holds, holds_at, forget_at) "
            "values (" +
            t + ", 'account', sha256(''), 1, now(), 0, now(), now())");
        sql("insert into audit (tenant_id, seq, hash, record, at) values (" + t +
            ", 1, sha256(''), '{\"act\":\"a\",\"actor\":\"b\",\"on\":\"c\"}', now())");
        sql("insert into audit_heads values (" + t + ", 1, sha256(''))");
        sql("insert into audit_anchors values (" + t + ", 1, sha256(''), now(), 'k', sha256('') || sha256(''))");
        sql("insert into server_mails (tenant_id, mail_id, kind, receiver, locale, happened_at, expires_at) values (" +
            t + ", " + u + ", 'invitation', 'x@example.org', 'en', now(), now())");
        sql("insert into backtests (tenant_id, backtest_id, state, range_from, range_until, max_alerts, draft, "
            "draft_rules, live_rules, created_at, created_by) values (" +
            t + ", " + u + ", 'done', now() - interval '1 day', now(), 1, '', 0, 0, now(), 'x')");
        sql("insert into exports (tenant_id, export_id, state, created_at, created_by) values (" + t + ", " + u +
            ", 'ready', now(), 'x')");
        sql("insert into export_parts values (" + t + ", " + u + ", 0, 'x')");
        sql("insert into announcement_targets (tenant_id, announcement_id) values (" + t + ", " + u + ")");
        sql("insert into announcement_reads (tenant_id, user_id, announcement_id) select tenant_id, user_id, " + u +
            " from users where tenant_id = " + t);
        sql("insert into inquiries (tenant_id, inquiry_id, opened_by, opened_by_name, subject, state, messages, "
            "opened_at, changed_at) values (" +
            t + ", " + u + ", " + u + ", 'n', 's', 'open', 1, now(), now())");
        sql("insert into inquiry_messages values (" + t + ", " + u + ", 1, 'tenant', 'a', 'n', 'b', now())");
        sql("insert into support_grants (tenant_id, grant_id, asked_by, reason, scopes, minutes, state, lapses_at) "
            "values (" +
            t + ", " + u + ", " + u + ", repeat('r', 20), '{tickets:read}', 30, 'requested', now())");
        sql("insert into management_groups (tenant_id, management_group_id, name) values (" + t + ", " + u + ", 'g')");
        sql("insert into imports (tenant_id, import_id, created_at, created_by) values (" + t + ", " + u +
            ", now(), 'x')");
        sql("insert into import_parts values (" + t + ", " + u + ", 0, 'x')");
    }

    TenantId a_ = new_tenant();
    TenantId b_ = new_tenant();
};

TEST_F(TenantProbe, ATenantSeesItsOwnRowsAndNoneOfTheOthersInEveryTable)
{
    fill(a_);
    fill(b_);
    pqxx::connection connection(database_.api);
    pqxx::nontransaction tx(connection);
    for (const auto& table : column("select relname from pg_class c join pg_attribute a on a.attrelid = c.oid where "
                                    "a.attname = 'tenant_id' and relkind in ('r', 'p') and not relispartition and "
                                    "relnamespace = 'public'::regnamespace")) {
        ASSERT_EQ(number("select count(distinct nullif(tenant_id, '" + Uuid().str() + "')) from " + table), 2)
            << table << ": fill() forgets it";  // the nil tenant's are the provider's audit records
        test::begin_as(tx, database_, a_.str());
        if (text("select has_table_privilege('winnow_api', '" + table + "', 'select')") == "t") {
            EXPECT_EQ(tx.exec1("select string_agg(distinct tenant_id::text, ',') from " + table)[0].as<std::string>(),
                      a_.str())
                << table;
        }
        tx.exec("rollback");
        if (text("select has_table_privilege('winnow_api', '" + table + "', 'select')") == "t") {
            EXPECT_EQ(tx.exec1("select count(*) from " + table)[0].as<int>(), 0) << table << " without a tenant";
        }
    }
}

/// What a statement reaches that somebody smuggled into a session: any SQL can write any setting.
TEST_F(TenantProbe, WhoOnlySaysATenantReadsAndWritesNothingInAnyTable)
{
    fill(a_);
    pqxx::connection connection(database_.api);
    pqxx::nontransaction tx(connection);
    const auto expect_refused = [&](const std::string& statement) {
        std::string state = "taken";
        tx.exec("begin; select set_config('winnow.tenant_id', '" + a_.str() + "', true)");
        try {
            tx.exec(statement);
        } catch (const pqxx::insufficient_privilege&) {
            state = "refused";
        } catch (const pqxx::sql_error& failure) {
            state = failure.what();
        }
        tx.exec("rollback");
        EXPECT_EQ(state, "refused") << statement;
    };
    // Of each table a column that the role may change, or any.
    for (const auto& row :
         sql("select distinct on (1) c.relname, quote_ident(b.attname) from pg_class c "
             "join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' "
             "join pg_attribute b on b.attrelid = c.oid and b.attnum > 0 and not b.attisdropped and b.attidentity = '' "
             "where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and not c.relispartition "
             "order by 1, has_column_privilege('winnow_api', c.oid, b.attnum, 'update') desc, b.attnum")) {
        const std::string table = row[0].c_str();
        ASSERT_GT(number("select count(*) from " + table), 0) << table << ": fill() forgets it";
        expect_refused("select * from " + table);
        expect_refused("update " + table + " set " + row[1].c_str() + " = null");
        expect_refused("delete from " + table);
        expect_refused("insert into " + table + " (tenant_id) values ('" + a_.str() + "')");
    }
}

TEST_F(TenantProbe, ATenantCannotWriteIntoAnother)
{
    fill(a_);
    fill(b_);
    pqxx::connection connection(database_.api);
    pqxx::nontransaction tx(connection);
    const auto as_a = [&](const std::string& statement) {
        test::begin_as(tx, database_, a_.str());
        const auto changed = tx.exec(statement).affected_rows();
        tx.exec("rollback");
        return changed;
    };
    const auto b = "'" + b_.str() + "'";
    EXPECT_EQ(as_a("update tickets set title = 'mine' where tenant_id = " + b), 0U);
    EXPECT_EQ(as_a("update tickets set title = 'mine'"), 1U);
    EXPECT_EQ(as_a("delete from contacts where tenant_id = " + b), 0U);
    EXPECT_THROW(as_a("insert into contacts (tenant_id, contact_id, name, type) values (" + b +
                      ", gen_random_uuid(), 'x', 'email')"),
                 pqxx::sql_error);
    tx.exec("rollback");
    EXPECT_THROW(as_a("update contacts set tenant_id = " + b), pqxx::sql_error);
}

/// Table by table what there is of the other one.
TEST_F(TenantProbe, OneThatIsErasedLeavesNoRowInAnyTableAndTheOthersStayAsTheyAre)
{
    fill(a_);
    fill(b_);
    const auto tables = column(
        "select relname from pg_class c join pg_attribute a on a.attrelid = c.oid where a.attname = "
        "'tenant_id' and relkind in ('r', 'p') and not relispartition and relnamespace = "
        "'public'::regnamespace");
    const auto theirs = [&] {
        std::string all;
        for (const auto& table : tables) {
            all += table +
                   text(" select ' ' || coalesce(md5(string_agg(t::text, ';' order by t::text)), '-') from " + table +
                        " t where tenant_id = '" + b_.str() + "'") +
                   "\n";
        }
        return all;
    };
    const auto before = theirs();
    Eraser eraser(as(database_.provider), pipeline());
    const auto erasure = eraser.ask(a_, "Tenant 1", new_uuid());
    eraser.to_the_end();
    EXPECT_TRUE(eraser.ends().certificate(erasure));
    for (const auto& table : tables) {
        EXPECT_EQ(number("select count(*) from " + table + " where tenant_id = '" + a_.str() + "'"), 0) << table;
    }
    EXPECT_EQ(theirs(), before);
}

TEST_F(TenantProbe, AForeignKeyReachesNoOtherTenant)
{
    fill(a_);
    fill(b_);
    EXPECT_THROW(sql("insert into contact_group_members select '" + a_.str() +
                     "', g.contact_group_id, c.contact_id, 2 from contact_groups g, contacts c where g.tenant_id = '" +
                     a_.str() + "' and c.tenant_id = '" + b_.str() + "'"),
                 pqxx::foreign_key_violation);
}

TEST_F(TenantProbe, OneLiveTicketAKey)
{
    fill(a_);
    const auto insert = [&](const std::string& state, int ticket_number) {
        sql("insert into tickets (tenant_id, ticket_id, number, state, severity, title, dedup_key, occurrences, "
            "first_seen_at, last_seen_at, opened_at) values ('" +
            a_.str() + "', gen_random_uuid(), " + std::to_string(ticket_number) + ", '" + state +
            "', 1, 't', 'k', 1, now(), now(), now())");
    };
    EXPECT_NO_THROW(insert("closed", 2));
    EXPECT_NO_THROW(insert("recovered", 3));
    for (const std::string state : {"held", "open", "in_progress", "close_requested", "returned"}) {
        EXPECT_THROW(insert(state, 4), pqxx::unique_violation) << state;
    }
}

}  // namespace
}  // namespace winnow::pg
