#pragma once

/// @file
/// How exports are forgotten: removals of src/pg/upkeep/purges.cpp. Private to pg.

namespace winnow::pg {

/// Parts, of exports that ended longer ago than domain::kExportKept, or failed.
inline constexpr auto kForgetExportParts = R"sql(
delete from export_parts
 where ctid = any(array(
    select p.ctid from exports e
     cross join lateral (select p.ctid from export_parts p
                          where p.tenant_id = e.tenant_id and p.export_id = e.export_id limit $1) p
     where e.finished_at is not null and (e.finished_at < now() - interval '7 days' or e.state = 'failed')
     order by e.finished_at limit $1))
)sql";

/// Parts of exports that were deleted. From export to export: parts there may be many.
inline constexpr auto kForgetPartsOfNone = R"sql(
with recursive stored as (
    (select tenant_id, export_id from export_parts order by tenant_id, export_id limit 1)
    union all
    select n.tenant_id, n.export_id from stored s
     cross join lateral (select p.tenant_id, p.export_id from export_parts p
                          where (p.tenant_id, p.export_id) > (s.tenant_id, s.export_id)
                          order by p.tenant_id, p.export_id limit 1) n)
delete from export_parts
 where ctid = any(array(
    select p.ctid from stored s
     cross join lateral (select p.ctid from export_parts p
                          where p.tenant_id = s.tenant_id and p.export_id = s.export_id limit $1) p
     where not exists (select from exports e where e.tenant_id = s.tenant_id and e.export_id = s.export_id)
     limit $1))
)sql";

/// What is left of them.
inline constexpr auto kForgetExports = R"sql(
delete from exports
 where ctid = any(array(select e.ctid from exports e
                         where e.finished_at < now() - interval '30 days'
                         order by e.finished_at limit $1 for update skip locked))
)sql";

}  // namespace winnow::pg
