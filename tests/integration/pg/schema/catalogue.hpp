#pragma once

/// @file
/// What PostgreSQL's catalogue says of tables that break a promise about tenants. Each statement gives the offenders'
/// names in its only column: none, where all is well. Partitions are looked at as tables of their own.

#include "integration/pg/fixture.hpp"

#include <string>
#include <vector>

namespace winnow::pg {

/// Tables of which tenant_id is no column.
inline const std::string kTablesOfNobody =
    "select c.relname from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and "
    "not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id') order by 1";

/// The tables that hold tenants' rows, of which what follows is true.
[[nodiscard]] inline std::string tenant_tables_where(const std::string& condition)
{
    return "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' "
           "where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and " +
           condition + " order by 1";
}

inline const std::string kWithoutSoundTenantId =
    tenant_tables_where("not (a.attnotnull and a.atttypid = 'uuid'::regtype)");

inline const std::string kWithoutPrimaryKeyOfTenant = tenant_tables_where(
    "not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary and i.indkey[0] = a.attnum)");

inline const std::string kWithoutForcedSecurity =
    tenant_tables_where("not (c.relrowsecurity and c.relforcerowsecurity)");

/// Those where anything but own_tenant says what winnow_api may see and write, or it says something else. What a
/// restrictive policy says only takes away from that.
inline const std::string kWithoutOwnTenantAlone = tenant_tables_where(
    "(select count(*) || ' ' || min(policyname) || ' ' || min(roles::text) || ' ' || min(cmd) || ' ' || min(qual) || "
    "' ' || min(with_check) from pg_policies p where p.schemaname = 'public' and p.tablename = c.relname and "
    "p.permissive = 'PERMISSIVE' and "
    "('winnow_api' = any(p.roles) or 'public' = any(p.roles))) is distinct from "
    "'1 own_tenant {winnow_api} ALL (tenant_id = ( SELECT current_tenant() AS current_tenant)) "
    "(tenant_id = ( SELECT current_tenant() AS current_tenant))'");

/// "table command" of each policy that narrows to management groups. All are of winnow_api and ask current_groups().
inline const std::string kNarrowed =
    "select p.tablename || ' ' || lower(p.cmd) from pg_policies p where p.schemaname = 'public' and "
    "p.permissive = 'RESTRICTIVE' and p.policyname like 'own\\_groups%' and p.roles = '{winnow_api}' and "
    "coalesce(p.qual, p.with_check) like '%SELECT current_groups()%' order by 1";
inline const std::string kRestrictive =
    "select count(*) from pg_policies where schemaname = 'public' and permissive = 'RESTRICTIVE'";

/// Who inserts a key that another tenant has would be told so.
inline const std::string kUniqueKeysOfAllTenants =
    "select c.relname || ': ' || i.indexrelid::regclass from pg_index i join pg_class c on c.oid = i.indrelid join "
    "pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' where i.indisunique and "
    "i.indkey[0] <> a.attnum and c.relnamespace = 'public'::regnamespace order by 1";

/// Row-level security is not asked when a foreign key is looked up. Both ends begin with the tenant.
inline const std::string kForeignKeysOfAllTenants =
    "select k.conrelid::regclass || ': ' || k.conname from pg_constraint k where k.contype = 'f' and "
    "((select attname from pg_attribute where attrelid = k.conrelid and attnum = k.conkey[1]) <> 'tenant_id' or "
    "(select attname from pg_attribute where attrelid = k.confrelid and attnum = k.confkey[1]) <> 'tenant_id') order "
    "by 1";

/// Views see with their owner's eyes unless they say otherwise; what is materialized has no row-level security.
inline const std::string kViewsOfTheirOwners =
    "select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and (c.relkind in ('m', 'f') or "
    "c.relkind = 'v' and coalesce(not 'security_invoker=true' = any(c.reloptions), true)) order by 1";

/// Tables and views in other schemas than the one that these statements look at.
inline const std::string kOutsideOfPublic =
    "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in "
    "('r', 'p', 'v', 'm', 'f') and n.nspname not in ('public', 'information_schema') and n.nspname not like 'pg\\_%' "
    "order by 1";

class CatalogueTest : public PgTest {
protected:
    [[nodiscard]] std::vector<std::string> column(const std::string& statement)
    {
        std::vector<std::string> values;
        for (const auto& row : sql(statement)) values.emplace_back(row[0].c_str());
        return values;
    }
    /// Tables with tenant_id, partitions included.
    [[nodiscard]] std::vector<std::string> tenant_tables() { return column(tenant_tables_where("true")); }
};

}  // namespace winnow::pg
