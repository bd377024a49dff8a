-- 0049: all that a tenant owns, as one archive that was read at one moment (docs/decisions/exports.md). Jobs, not
-- configuration: no change notice.
-- compatible: yes

create table exports (
    tenant_id   uuid        not null references tenants on delete cascade,
    export_id   uuid        not null,
    state       text        not null check (state in ('queued', 'running', 'ready', 'failed')),
    created_at  timestamptz not null,
    created_by  text        not null,
    runner      text        not null default '',
    attempt     integer     not null default 0,
    touched_at  timestamptz not null default now(),  -- by the runner: silence means that it is gone
    finished_at timestamptz,
    error       text        not null default '',
    files       bigint      not null default 0,
    rows        bigint      not null default 0,
    bytes       bigint      not null default 0,      -- of all parts
    parts       integer     not null default 0,
    revision    bigint      not null default 1,
    primary key (tenant_id, export_id)
);
create unique index exports_one_unfinished on exports (tenant_id) where state in ('queued', 'running');
create index exports_unfinished on exports (created_at) where state in ('queued', 'running');  -- the runners' queue
create index exports_finished on exports (finished_at) where finished_at is not null;          -- forgetting them
select own_by_tenant('exports', 'select, insert, delete', 'select, update, delete');

-- The archive's bytes, one part behind the other. Here, and not on a node's disk: whichever node is asked has them, they
-- go with the tenant, and row-level security holds them. Those of an export that is deleted go in bounded steps, by a
-- chore: GiB are too much for the request that deletes it.
create table export_parts (
    tenant_id uuid    not null references tenants on delete cascade,
    export_id uuid    not null,  -- no foreign key: the parts outlive their export
    number    integer not null check (number >= 0),
    bytes     bytea   not null check (octet_length(bytes) between 1 and 4194304),
    primary key (tenant_id, export_id, number)
);
alter table export_parts alter column bytes set storage external;  -- it is compressed already
select own_by_tenant('export_parts', 'select', 'select, insert, delete');

-- What is exported is read as winnow_api, which row-level security holds to the tenant.
grant select on owed_events to winnow_api;

-- How many were made on a day counts, also of those that were deleted.
create function count_export() returns trigger
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    today constant date := (now() at time zone 'UTC')::date;
begin
    insert into quotas as q (tenant_id, name, used, day) values (new.tenant_id, 'exports_a_day', 1, today)
        on conflict (tenant_id, name) do update
           set used = case when q.day = today then q.used + 1 else 1 end, day = today;
    return null;
end $$;
revoke all on function count_export from public;
create trigger quota_in after insert on exports for each row execute function count_export();
