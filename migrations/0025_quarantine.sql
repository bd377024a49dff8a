-- 0025: a journal row whose fold ends the process is found out at takeover, and set aside the second time.
-- Not compatible: an older program cannot read the verdict "quarantined".

-- Streams whose writers died with rows that were not applied. `deaths`: how often that has happened to the stream.
-- (of_tenant, seq): the row that is being applied, alone, by the process that holds the advisory lock `process`; null
-- between rows. `attempts`: how often it was being set aside. Written only while a dead writer's stream is taken over.
create table triage_suspects (
    stream     integer     primary key,
    deaths     integer     not null check (deaths > 0),
    of_tenant  uuid,
    seq        bigint,
    attempts   integer     not null default 0,
    process    integer,
    changed_at timestamptz not null default now(),
    check ((of_tenant is null) = (seq is null) and (seq is null or process is not null))
);
grant select, insert, update, delete on triage_suspects to winnow_pipeline;

-- Rows that were set aside. Nothing judges their alerts again: a back-test would meet the same end.
create table quarantined_rows (
    tenant_id      uuid        not null references tenants on delete cascade,
    received_at    timestamptz not null,
    stream         integer     not null,
    seq            bigint      not null,
    alerts         integer     not null,
    quarantined_at timestamptz not null default now(),
    primary key (tenant_id, received_at, stream, seq)
);
alter table quarantined_rows enable row level security;
alter table quarantined_rows force row level security;
create policy own_tenant on quarantined_rows to winnow_api
    using (tenant_id = current_tenant()) with check (tenant_id = current_tenant());
create policy every_tenant on quarantined_rows to winnow_pipeline using (true) with check (true);
grant select on quarantined_rows to winnow_api;
grant select, insert, delete on quarantined_rows to winnow_pipeline;
