-- 0007: how many alerts came and what became of them, by the hour: in all, by rule, by source, by service.
--
-- As in 0001: tenant_id first in every key, row-level security forced.

create table noise_counts (
    tenant_id      uuid        not null references tenants on delete cascade,
    hour           timestamptz not null,
    kind           text        not null check (kind in ('total', 'rule', 'source', 'service')),
    key            text        not null,  -- '' of a total; '…' of what is beyond the limit of keys an hour
    received       bigint      not null default 0,
    dropped        bigint      not null default 0,
    suppressed     bigint      not null default 0,  -- by rules
    silenced       bigint      not null default 0,  -- by silences and maintenance windows
    inhibited      bigint      not null default 0,
    held           bigint      not null default 0,
    ticketed       bigint      not null default 0,
    resolved       bigint      not null default 0,
    ignored        bigint      not null default 0,
    notified       bigint      not null default 0,  -- messages
    would_drop     bigint      not null default 0,  -- by shadow rules, also below
    would_suppress bigint      not null default 0,
    primary key (tenant_id, hour, kind, key)
);

alter table noise_counts enable row level security;
alter table noise_counts force row level security;
create policy own_tenant on noise_counts to winnow_api
    using (tenant_id = current_tenant()) with check (tenant_id = current_tenant());
create policy every_tenant on noise_counts to winnow_pipeline using (true) with check (true);

grant select on noise_counts to winnow_api;
grant select, insert, update, delete on noise_counts to winnow_pipeline;
