#pragma once

/// @file
/// Quiet tickets that a changed configuration makes due, for whoever does them and for the board. Private to pg.

/// `tenant_id` of each tenant that has some. A step for each tenant that has quiet tickets at all: from one to the next
/// through quiet_tickets_by_config, whose first entry of a tenant has the oldest version.
// clang-format off
#define WINNOW_OUTDATED_QUIET R"sql(
with recursive oldest as (
    (select tenant_id, config_version from quiet_tickets order by tenant_id, config_version limit 1)
    union all
    select n.tenant_id, n.config_version
      from oldest o
     cross join lateral (
        select q.tenant_id, q.config_version from quiet_tickets q
         where q.tenant_id > o.tenant_id
         order by q.tenant_id, q.config_version limit 1) n
)
select o.tenant_id from oldest o join tenants t on t.tenant_id = o.tenant_id and o.config_version < t.config_version
)sql"
// clang-format on
