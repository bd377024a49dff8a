#pragma once

/// @file
/// How exports are forgotten: removals of src/pg/upkeep/purges.cpp. Private to pg.

namespace winnow::pg {

/// Parts, of exports that ended longer ago than domain::kExportKept.
inline constexpr auto kForgetExportParts = R"sql(
delete from export_parts
 where ctid = any(array(
    select p.ctid from exports e
     cross join lateral (select p.ctid from export_parts p
                          where p.tenant_id = e.tenant_id and p.export_id = e.export_id limit $1) p
     where e.finished_at < now() - interval '7 days'
     order by e.finished_at limit $1))
)sql";

/// What is left of them.
inline constexpr auto kForgetExports = R"sql(
delete from exports
 where ctid = any(array(select e.ctid from exports e
                         where e.finished_at < now() - interval '30 days'
                         order by e.finished_at limit $1 for update skip locked))
)sql";

}  // namespace winnow::pg
