-- 0001: the vault: tenants' keys, each wrapped by a root key, which is in no database. A database of its own, so that no
-- dump of the other one brings a key along (docs/decisions/vault.md).

-- Which root keys there are, by name: one that waits, the one that wraps, and the one before it, until nothing is wrapped
-- by that any longer.
create table root_keys (
    root_id      text        primary key check (root_id ~ '^[0-9a-f]{16}$'),
    state        text        not null check (state in ('waiting', 'current', 'retiring', 'destroyed')),
    created_at   timestamptz not null default now(),
    retired_at   timestamptz,
    destroyed_at timestamptz,
    check ((state in ('waiting', 'current')) = (retired_at is null)),
    check ((state = 'destroyed') = (destroyed_at is not null))
);
create unique index root_keys_current on root_keys ((true)) where state = 'current';

-- Versions count up and are never used twice: what is destroyed leaves its number, without its key.
create table tenant_keys (
    tenant_id    uuid        not null,
    version      int8        not null check (version between 1 and 4294967295),
    root_id      text        not null references root_keys,
    wrapped      bytea       not null,
    state        text        not null check (state in ('current', 'retiring', 'destroyed')),
    seals        int8        not null default 0,
    created_at   timestamptz not null default now(),
    retired_at   timestamptz,  -- since when another one is current
    resealed_at  timestamptz,  -- when nothing was left that is sealed under it
    destroyed_at timestamptz,
    changed_at   timestamptz not null default clock_timestamp(),  -- of the state: what nodes have opened goes by it
    primary key (tenant_id, version),
    check (octet_length(wrapped) = case state when 'destroyed' then 0 else 60 end),
    check ((state = 'destroyed') = (destroyed_at is not null)),
    check (state <> 'current' or retired_at is null)
);
create unique index tenant_keys_current on tenant_keys (tenant_id) where state = 'current';
create index tenant_keys_by_root on tenant_keys (root_id, tenant_id, version) where state <> 'destroyed';
create index tenant_keys_by_change on tenant_keys (changed_at);
create index tenant_keys_by_age on tenant_keys (created_at) where state = 'current';
create index tenant_keys_by_use on tenant_keys (seals) where state = 'current';
create index tenant_keys_to_reseal on tenant_keys (tenant_id, version) where state = 'retiring' and resealed_at is null;
create index tenant_keys_resealed on tenant_keys (retired_at) where state = 'retiring' and resealed_at is not null;

-- Which nodes there are, and the root keys that each holds: nothing is wrapped by one that some node does not have.
create table vault_nodes (
    node    text        primary key,
    roots   text[]      not null,
    seen_at timestamptz not null default now()
);

grant select, insert on root_keys, tenant_keys, vault_nodes to winnow_vault;
grant update (state, retired_at, destroyed_at) on root_keys to winnow_vault;
grant update (root_id, wrapped, state, seals, retired_at, resealed_at, destroyed_at, changed_at)
    on tenant_keys to winnow_vault;
grant update, delete on vault_nodes to winnow_vault;
