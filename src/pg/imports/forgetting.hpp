#pragma once

/// @file
/// How imports are forgotten: removals of src/pg/upkeep/purges.cpp. Private to pg.

namespace winnow::pg {

/// Parts: of what is done or has failed, and of uploads to which nothing was added for domain::kUploadKept. An archive
/// may be GiBs long, which no request and no runner waits for.
inline constexpr auto kForgetImportParts = R"sql(
delete from import_parts
 where ctid = any(array(
    select p.ctid
      from (select tenant_id, import_id from imports where finished_at is not null
            union all
            select tenant_id, import_id from imports
             where state = 'receiving' and touched_at < now() - interval '2 days') i
     cross join lateral (select p.ctid from import_parts p
                          where p.tenant_id = i.tenant_id and p.import_id = i.import_id limit $1) p
     limit $1))
)sql";

/// Parts of imports that were deleted. From import to import: parts there may be many.
inline constexpr auto kForgetImportPartsOfNone = R"sql(
with recursive stored as (
    (select tenant_id, import_id from import_parts order by tenant_id, import_id limit 1)
    union all
    select n.tenant_id, n.import_id from stored s
     cross join lateral (select p.tenant_id, p.import_id from import_parts p
                          where (p.tenant_id, p.import_id) > (s.tenant_id, s.import_id)
                          order by p.tenant_id, p.import_id limit 1) n)
delete from import_parts
 where ctid = any(array(
    select p.ctid from stored s
     cross join lateral (select p.ctid from import_parts p
                          where p.tenant_id = s.tenant_id and p.import_id = s.import_id limit $1) p
     where not exists (select from imports i where i.tenant_id = s.tenant_id and i.import_id = s.import_id)
     limit $1))
)sql";

/// What is left of them; and what was done, or failed, longer ago than domain::kImportKept.
inline constexpr auto kForgetImports = R"sql(
delete from imports
 where ctid = any(array(select i.ctid from imports i
                         where i.finished_at < now() - interval '30 days'
                         order by i.finished_at limit $1 for update skip locked)
                  || array(select i.ctid from imports i
                            where i.state = 'receiving' and i.touched_at < now() - interval '2 days'
                              and not exists (select from import_parts p
                                               where p.tenant_id = i.tenant_id and p.import_id = i.import_id)
                            order by i.touched_at limit $1 for update skip locked))
)sql";

}  // namespace winnow::pg
