/// What the schema itself promises about tenants: fails on a table that forgets.

#include "integration/pg/schema/catalogue.hpp"

#include <map>

namespace winnow::pg {
namespace {

using testing::IsEmpty;

TEST_F(CatalogueTest, OnlyTheseTablesBelongToNoTenant)
{
    EXPECT_THAT(column(kTablesOfNobody),
                testing::ElementsAre("alert_id_root", "announcements", "chore_runs", "erasure_steps", "erasures",
                                     "journal_streams", "outages", "provider_sessions", "provider_users",
                                     "schema_migrations", "source_throttles", "tenant_key"));
}

TEST_F(CatalogueTest, EveryTenantTablesPrimaryKeyBeginsWithTheTenant)
{
    sql("select make_day_partitions(current_date, 1), make_access_partitions(current_date, 1)");
    EXPECT_THAT(column(kWithoutPrimaryKeyOfTenant), IsEmpty());
    EXPECT_GT(tenant_tables().size(), 22U);
}

TEST_F(CatalogueTest, EveryTenantIsNamedByAnIdThatIsThere)
{
    EXPECT_THAT(column(kWithoutSoundTenantId), IsEmpty());
}

TEST_F(CatalogueTest, NothingStandsWhereTheseTestsDoNotLook)
{
    EXPECT_THAT(column(kOutsideOfPublic), IsEmpty());
    EXPECT_THAT(column(kViewsOfTheirOwners), IsEmpty());
}

TEST_F(CatalogueTest, EveryIndexedTextOfOthersIsShortEnoughForItsIndex)
{
    // Of each text column in a B-tree: the most bytes that may come. A row of an index takes 2,704, 200 of which are
    // for what stands beside it. A new column that is missing here needs a bound first: one row that no index takes
    // stops the statement that brings it, and all that comes with it.
    const std::map<std::string, int> most{
        {"access_keys.access_key", 20},  // checked by the table
        {"access_log.actor", 100},       // checked by the table, as the next two
        {"access_log.address", 64},
        {"access_log.object", 400},
        {"audit.act", 100},  // checked by the table, as the next two
        {"audit.actor", 100},
        {"audit.object", 1'200},
        {"alert_instances.instance_key", 120},  // a prefix, an id, a fingerprint of at most 64 characters
        {"chore_runs.chore", 64},               // checked by the table
        {"contact_groups.name", 4 * 200},       // checked by the table, as all names
        {"contacts.name", 4 * 200},
        {"credential_use.kind", 11},     // checked by the table
        {"erasure_steps.relation", 63},  // checked by the table, as the next two
        {"erasure_steps.stage", 11},
        {"erasures.service_code", 32},
        {"history_uncounted.history", 20},             // names of four tables
        {"idempotency_receipts.key", 4 * 255},         // checked by the table
        {"inhibition_sources.source_key", 1 + 2'048},  // an instance key or a dedup key
        {"inhibitions.name", 4 * 200},
        {"integrations.name", 4 * 200},
        {"maintenance_windows.name", 4 * 200},
        {"management_groups.name", 4 * 200},
        {"noise_counts.key", 256},  // noise_key()
        {"noise_counts.kind", 10},
        {"oidc_providers.name", 4 * 100},  // checked by the table
        {"quotas.name", 40},               // checked by the table
        {"quiet_tickets.source_key", 1 + 2'048},
        {"rule_machines.dedup_key", 2'048},  // checked by the table
        {"rule_machines.kind", 10},
        {"schema_migrations.name", 64},       // ours
        {"scim_users.external_id", 4 * 254},  // checked by the table
        {"set_asides.kind", 20},
        {"tenants.service_code", 32},
        {"throttles.kind", 7},         // checked by the table
        {"tickets.dedup_key", 2'048},  // checked by the table
        {"tickets.state", 20},
        {"user_identities.subject", 4 * 255},  // checked by the table
    };
    for (const auto& row :
         sql("select distinct c.relname || '.' || a.attname from pg_index i join pg_class c on c.oid = i.indrelid "
             "join pg_class x on x.oid = i.indexrelid join pg_am m on m.oid = x.relam and m.amname = 'btree' "
             "cross join lateral unnest(i.indkey::int2[]) as k(attnum) "
             "join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum "
             "where c.relnamespace = 'public'::regnamespace and a.atttypid in ('text'::regtype, 'jsonb'::regtype)")) {
        const auto found = most.find(row[0].c_str());
        if (found == most.end()) {
            ADD_FAILURE() << row[0].c_str() << " stands in an index: how long may it be?";
            continue;
        }
        EXPECT_LE(found->second, 2'704 - 200) << row[0].c_str();
    }
}

TEST_F(CatalogueTest, EveryUniqueKeyNamesTheTenantUnlessItIsRandom)
{
    EXPECT_THAT(column(kUniqueKeysOfAllTenants),
                testing::ElementsAre("access_keys: access_keys_by_name", "api_keys: api_keys_secret_hash_key",
                                     "integration_keys: integration_keys_secret_hash_key",
                                     "tenants: tenants_service_code_key"));
}

TEST_F(CatalogueTest, EveryForeignKeyBeginsWithTheTenant)
{
    EXPECT_THAT(column(kForeignKeysOfAllTenants), IsEmpty());
}

/// Deleting a row looks for those that refer to it: without an index, through the whole other table.
TEST_F(CatalogueTest, EveryForeignKeyHasAnIndex)
{
    EXPECT_THAT(
        column("select k.conrelid::regclass || ': ' || k.conname from pg_constraint k where k.contype = 'f' and not "
               "exists (select from pg_index i where i.indrelid = k.conrelid and (i.indpred is null or "
               "pg_get_expr(i.indpred, i.indrelid) = '(' || (select attname from pg_attribute where attrelid = "
               "k.conrelid and attnum = k.conkey[array_upper(k.conkey, 1)]) || ' IS NOT NULL)') and "
               "(i.indkey::int2[])[0:array_length(k.conkey, 1) - 1] @> k.conkey and k.conkey @> "
               "(i.indkey::int2[])[0:array_length(k.conkey, 1) - 1])"),
        IsEmpty());
}

TEST_F(CatalogueTest, RowLevelSecurityIsOnAndForcedOnEveryTenantTableAndItsPartitions)
{
    sql("select make_day_partitions(current_date, 2), make_access_partitions(current_date, 2)");
    EXPECT_THAT(column(kWithoutForcedSecurity), IsEmpty());
}

TEST_F(CatalogueTest, TheApiRoleHasOnePolicyATableAndItHoldsTheTenantBothWays)
{
    EXPECT_THAT(column(kWithoutOwnTenantAlone), IsEmpty());
}

/// What is missing here is seen, or made, by who is narrowed to management groups.
TEST_F(CatalogueTest, WhatBelongsToManagementGroupsIsNarrowedToThem)
{
    EXPECT_THAT(
        column(kNarrowed),
        testing::UnorderedElementsAre(
            "access_keys insert", "access_keys select", "access_log select", "audit select", "backtests select",
            "deliveries insert", "deliveries select", "deliveries update", "export_parts select", "exports insert",
            "exports select", "import_parts insert", "import_parts select", "imports insert", "imports select",
            "inquiries insert", "inquiries select", "inquiry_messages insert", "inquiry_messages select",
            "integration_keys insert", "integration_keys select", "integrations insert", "integrations select",
            "maintenance_windows insert", "management_groups insert", "noise_counts select", "noise_deltas select",
            "notices select", "oidc_providers insert", "owed_events select", "scim_tokens insert", "scim_users insert",
            "silences insert", "support_grants select", "ticket_events insert", "ticket_events select",
            "tickets insert", "tickets select", "tickets update", "users insert"));
    EXPECT_EQ(number(kRestrictive), 41) << "each is one of these, or hides a tenant that is being erased";
}

TEST_F(CatalogueTest, NoServingRoleCanBypassOrBecomeAnother)
{
    EXPECT_EQ(
        number("select count(*) from pg_roles where rolname in ('winnow_api', 'winnow_pipeline', "
               "'winnow_provider', 'winnow_owner') and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb)"),
        0);
    EXPECT_EQ(number("select count(*) from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname in "
                     "('winnow_api', 'winnow_pipeline', 'winnow_provider')"),
              0);
    EXPECT_EQ(number("select count(*) from pg_class where relowner in (select oid from pg_roles where rolname in "
                     "('winnow_api', 'winnow_pipeline', 'winnow_provider'))"),
              0);
}

TEST_F(CatalogueTest, NoServingRoleMayCreateTruncateOrReachAPartitionDirectly)
{
    sql("select make_day_partitions(current_date, 1), make_access_partitions(current_date, 1)");
    for (const std::string role : {"winnow_api", "winnow_pipeline", "winnow_provider"}) {
        EXPECT_EQ(text("select has_schema_privilege('" + role + "', 'public', 'create')"), "f");
        EXPECT_THAT(column("select relname from pg_class where relkind in ('r', 'p') and relnamespace = "
                           "'public'::regnamespace and (has_table_privilege('" +
                           role + "', oid, 'truncate') or has_table_privilege('" + role + "', oid, 'references') or " +
                           "has_table_privilege('" + role + "', oid, 'trigger') or relispartition and " +
                           "has_table_privilege('" + role + "', oid, 'select'))"),
                    IsEmpty())
            << role;
    }
}

TEST_F(CatalogueTest, NoServingRoleChangesAHistory)
{
    for (const std::string role : {"winnow_api", "winnow_pipeline", "winnow_provider"}) {
        for (const std::string table : {"journal", "verdicts", "ticket_events", "rule_versions", "ruleset_versions",
                                        "audit", "audit_heads", "audit_anchors", "access_log"}) {
            EXPECT_EQ(text("select has_table_privilege('" + role + "', '" + table +
                           "', 'update') or has_any_column_privilege('" + role + "', '" + table + "', 'update')"),
                      "f")
                << role << " " << table;
        }
        for (const std::string table : {"journal", "verdicts", "audit", "audit_heads", "audit_anchors", "access_log"}) {
            EXPECT_EQ(text("select has_table_privilege('" + role + "', '" + table + "', 'delete')"), "f") << role;
        }
        for (const std::string table : {"audit", "audit_heads", "audit_anchors"}) {
            EXPECT_EQ(text("select has_any_column_privilege('" + role + "', '" + table + "', 'insert')"), "f") << role;
        }
    }
}

TEST_F(CatalogueTest, SecurityDefinersPinTheirSearchPathAndAreNotForEverybody)
{
    EXPECT_THAT(column("select proname from pg_proc where prosecdef and pronamespace = 'public'::regnamespace and "
                       "(coalesce(array_to_string(proconfig, ','), '') not like '%search_path=public, pg_temp%' or "
                       "has_function_privilege('public', oid, 'execute'))"),
                IsEmpty());
}

}  // namespace
}  // namespace winnow::pg
