-- 0008: what a transaction of triage adds to the noise statistics, one row an hour that it touched. Housekeeping adds
-- the rows of a few seconds to noise_counts at once: a flood from many sources would change thousands of its rows in
-- every transaction.
-- As in 0001: tenant_id first in every key, row-level security forced.

create table noise_deltas (
    tenant_id uuid        not null references tenants on delete cascade,
    delta_id  bigint      not null generated always as identity,
    hour      timestamptz not null,
    -- Parallel: to the key of a kind (noise_counts), so much of an outcome, which is named as its column is.
    kinds     text[]      not null,
    keys      text[]      not null,
    outcomes  text[]      not null,
    counts    bigint[]    not null,
    primary key (tenant_id, delta_id)
);

alter table noise_deltas enable row level security;
alter table noise_deltas force row level security;
create policy own_tenant on noise_deltas to winnow_api
    using (tenant_id = current_tenant()) with check (tenant_id = current_tenant());
create policy every_tenant on noise_deltas to winnow_pipeline using (true) with check (true);

grant select on noise_deltas to winnow_api;
grant select, insert, delete on noise_deltas to winnow_pipeline;
