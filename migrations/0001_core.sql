-- 0001: tenants, access, the journal, tickets, rules, contacts and the outbox.
--
-- Forward only. Applied once, in one transaction, under an advisory lock, as the role winnow_owner.
-- `winnow migrate` has made the roles winnow_api, winnow_pipeline and winnow_provider before.
--
-- Every tenant-owned table carries tenant_id first in its primary key and in every foreign key, and has row-level
-- security forced: winnow_api sees the tenant that its transaction was set to, and no other
-- (tests/integration/catalogue_test.cpp fails on a table that forgets).

-- The tenant this transaction is about; NULL (so: no row visible) where none was set.
create function current_tenant() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('winnow.tenant_id', true), '')::uuid;

-- ---------------------------------------------------------------- tenants

create table tenants (
    tenant_id      uuid        primary key,
    service_code   text        not null unique check (service_code ~ '^[a-z0-9]{4,32}$'),
    name           text        not null check (char_length(name) between 1 and 200),
    state          text        not null default 'active' check (state in ('active', 'suspended')),
    config_version bigint      not null default 1,
    created_at     timestamptz not null default now(),
    suspended_at   timestamptz
);

create table tenant_settings (
    tenant_id              uuid    primary key references tenants on delete cascade,
    reopen_window_ms       bigint  not null default 86400000 check (reopen_window_ms between 0 and 31536000000),
    close_approval         boolean not null default false,
    journal_retention_days integer not null default 90 check (journal_retention_days between 1 and 3650),
    version                bigint  not null default 1,
    updated_at             timestamptz not null default now()
);

-- ---------------------------------------------------------------- users, keys, integrations

create table users (
    tenant_id  uuid        not null references tenants on delete cascade,
    user_id    uuid        not null,
    email      text        not null check (char_length(email) between 3 and 254),
    name       text        not null check (char_length(name) between 1 and 200),
    role       text        not null check (role in ('viewer', 'operator', 'admin')),
    state      text        not null default 'active' check (state in ('active', 'disabled')),
    version    bigint      not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, user_id)
);
create unique index users_one_per_email on users (tenant_id, lower(email));

create table api_keys (
    tenant_id    uuid        not null,
    key_id       uuid        not null,
    user_id      uuid        not null,
    name         text        not null default '',
    secret_hash  bytea       not null unique check (octet_length(secret_hash) = 32),  -- SHA-256 of 256 random bits
    hint         text        not null,  -- the key's first characters, for people to tell keys apart
    created_at   timestamptz not null default now(),
    expires_at   timestamptz,
    revoked_at   timestamptz,
    primary key (tenant_id, key_id),
    foreign key (tenant_id, user_id) references users on delete cascade
);

create table integrations (
    tenant_id      uuid        not null references tenants on delete cascade,
    integration_id uuid        not null,
    name           text        not null check (char_length(name) between 1 and 200),
    description    text        not null default '',
    enabled        boolean     not null default true,
    version        bigint      not null default 1,
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    primary key (tenant_id, integration_id),
    unique (tenant_id, name)
);

create table integration_keys (
    tenant_id      uuid        not null,
    key_id         uuid        not null,
    integration_id uuid        not null,
    secret_hash    bytea       not null unique check (octet_length(secret_hash) = 32),
    hint           text        not null,
    created_at     timestamptz not null default now(),
    revoked_at     timestamptz,
    primary key (tenant_id, key_id),
    foreign key (tenant_id, integration_id) references integrations on delete cascade
);

-- ---------------------------------------------------------------- contacts

create table contacts (
    tenant_id     uuid        not null references tenants on delete cascade,
    contact_id    uuid        not null,
    name          text        not null check (char_length(name) between 1 and 200),
    type          text        not null check (type in ('webhook', 'email')),
    url           text        not null default '',
    address       text        not null default '',
    sealed_secret bytea       not null default '',
    enabled       boolean     not null default true,
    version       bigint      not null default 1,
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    primary key (tenant_id, contact_id),
    unique (tenant_id, name)
);

create table contact_groups (
    tenant_id        uuid        not null references tenants on delete cascade,
    contact_group_id uuid        not null,
    name             text        not null check (char_length(name) between 1 and 200),
    version          bigint      not null default 1,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    primary key (tenant_id, contact_group_id),
    unique (tenant_id, name)
);

create table contact_group_members (
    tenant_id        uuid    not null,
    contact_group_id uuid    not null,
    contact_id       uuid    not null,
    ordinal          integer not null,
    primary key (tenant_id, contact_group_id, contact_id),
    foreign key (tenant_id, contact_group_id) references contact_groups on delete cascade,
    foreign key (tenant_id, contact_id) references contacts on delete cascade
);

-- Who is told where no rule says.
create table default_route (
    tenant_id        uuid    not null,
    contact_group_id uuid    not null,
    ordinal          integer not null,
    primary key (tenant_id, contact_group_id),
    foreign key (tenant_id, contact_group_id) references contact_groups on delete cascade
);

-- ---------------------------------------------------------------- rules

create table rules (
    tenant_id       uuid        not null references tenants on delete cascade,
    rule_id         uuid        not null,
    name            text        not null check (char_length(name) between 1 and 200),
    description     text        not null default '',
    position        integer     not null,
    enabled         boolean     not null default true,
    effective_from  timestamptz,
    effective_until timestamptz,
    condition       text        not null check (octet_length(condition) <= 8192),
    syntax          text        not null check (syntax in ('cel', 'matchers', 'keywords')),
    actions         jsonb       not null,
    stop            boolean     not null default false,
    mode            text        not null default 'live' check (mode in ('live', 'shadow')),
    version         bigint      not null default 1,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    updated_by      text        not null,
    primary key (tenant_id, rule_id),
    unique (tenant_id, position) deferrable initially deferred
);

-- Every version that was ever in force, so that an old verdict can name what it meant.
create table rule_versions (
    tenant_id  uuid        not null references tenants on delete cascade,
    rule_id    uuid        not null,
    version    bigint      not null,
    content    jsonb       not null,  -- the rule as the API shows it; null members after deletion
    changed_at timestamptz not null default now(),
    changed_by text        not null,
    primary key (tenant_id, rule_id, version)
);

create table rule_stats (
    tenant_id       uuid   not null references tenants on delete cascade,
    rule_id         uuid   not null,
    matched         bigint not null default 0,
    last_matched_at timestamptz,
    failed          bigint not null default 0,
    last_error      text,
    last_failed_at  timestamptz,
    primary key (tenant_id, rule_id)
);

-- ---------------------------------------------------------------- the journal

-- A writer's sequence. Alive exactly as long as a session holds a share of advisory lock (kStreamLockClass, stream).
create table journal_streams (
    stream      integer     generated always as identity (maxvalue 4194303) primary key,
    node        text        not null,
    opened_at   timestamptz not null default now(),
    renewed_at  timestamptz not null default now(),
    applied_seq bigint      not null default 0,  -- everything up to here is applied, for every tenant
    ended_at    timestamptz
);
create index journal_streams_unended on journal_streams (stream) where ended_at is null;

create table journal (
    tenant_id   uuid        not null,
    received_at timestamptz not null,
    stream      integer     not null,
    seq         bigint      not null,
    alert_count integer     not null,
    payload     bytea       not null,
    primary key (tenant_id, received_at, stream, seq)
) partition by range (received_at);
create index journal_by_stream on journal (stream, seq);  -- replay of what a dead writer left
alter table journal alter column payload set storage external;  -- it is compressed already

create table verdicts (
    tenant_id   uuid        not null,
    received_at timestamptz not null,
    stream      integer     not null,
    seq         bigint      not null,
    payload     bytea       not null,
    primary key (tenant_id, received_at, stream, seq)
) partition by range (received_at);
alter table verdicts alter column payload set storage external;

create table journal_progress (
    tenant_id   uuid        not null references tenants on delete cascade,
    stream      integer     not null,
    applied_seq bigint      not null,
    updated_at  timestamptz not null default now(),
    primary key (tenant_id, stream)
);

-- First answers to requests that carried an Idempotency-Key. scope_id: the integration or user.
create table idempotency_receipts (
    tenant_id   uuid        not null references tenants on delete cascade,
    scope_id    uuid        not null,
    key         text        not null check (char_length(key) between 1 and 255),
    body_sha256 bytea       not null check (octet_length(body_sha256) = 32),
    status      integer     not null,
    answer      text        not null,
    created_at  timestamptz not null default now(),
    primary key (tenant_id, scope_id, key)
);
create index idempotency_receipts_by_age on idempotency_receipts (created_at);  -- the daily purge

-- ---------------------------------------------------------------- tickets

create table ticket_numbers (
    tenant_id   uuid   primary key references tenants on delete cascade,
    next_number bigint not null default 1
);

create table tickets (
    tenant_id          uuid        not null references tenants on delete cascade,
    ticket_id          uuid        not null,
    number             bigint      not null,
    state              text        not null check (state in ('held', 'open', 'in_progress', 'recovered',
                                                             'close_requested', 'returned', 'closed')),
    severity           smallint    not null check (severity between 1 and 4),
    priority           text        not null default '',
    title              text        not null,
    description        text        not null default '',
    dedup_key          text        not null check (octet_length(dedup_key) between 1 and 2048),
    source             text        not null default '',
    service            text        not null default '',
    component          text        not null default '',
    group_name         text        not null default '',
    class_name         text        not null default '',
    labels             jsonb       not null default '{}',
    assignee           uuid,
    due_at             timestamptz,
    occurrences        bigint      not null check (occurrences >= 0),
    first_seen_at      timestamptz not null,
    last_seen_at       timestamptz not null,
    opened_at          timestamptz not null,
    acknowledged_at    timestamptz,
    recovered_at       timestamptz,
    closed_at          timestamptz,
    parent_id          uuid,
    suppressed         boolean     not null default false,
    suppression_reason text        not null default '',
    cause              text        not null default '',
    impact             text        not null default '',
    measure            text        not null default '',
    approver           text        not null default '',
    route              uuid[]      not null default '{}',
    firing_instances   integer     not null default 0,
    event_seq          integer     not null default 0,
    version            bigint      not null default 1,
    primary key (tenant_id, ticket_id),
    unique (tenant_id, number),
    foreign key (tenant_id, parent_id) references tickets (tenant_id, ticket_id),
    foreign key (tenant_id, assignee) references users (tenant_id, user_id)
) with (fillfactor = 45);  -- a storm changes every row's counters: with room for a second version of all of them each update
                         -- stays in its page and touches no index (at 70 the table even grew larger: measured)

-- The dedupe guarantee: at most one live ticket per tenant and key.
create unique index tickets_one_live_per_key on tickets (tenant_id, dedup_key)
    where state not in ('recovered', 'closed');
create index tickets_latest_by_key on tickets (tenant_id, dedup_key, opened_at desc);  -- triage: reopen or open anew
create index tickets_page on tickets (tenant_id, opened_at desc, ticket_id desc);      -- GET /tickets
create index tickets_page_shown on tickets (tenant_id, opened_at desc, ticket_id desc)     -- … without a state:
    where state not in ('held', 'closed');                                                 -- few among many closed
create index tickets_page_by_severity on tickets (tenant_id, severity desc, opened_at desc, ticket_id desc);

create table ticket_events (
    tenant_id uuid        not null,
    ticket_id uuid        not null,
    seq       integer     not null,
    kind      text        not null,
    at        timestamptz not null,
    actor     text        not null,
    data      jsonb       not null default '{}',
    primary key (tenant_id, ticket_id, seq),
    foreign key (tenant_id, ticket_id) references tickets on delete cascade
);

-- Instances of senders that repeat themselves (Alertmanager): what refreshes instead of counting.
create table alert_instances (
    tenant_id    uuid        not null references tenants on delete cascade,
    instance_key text        not null,
    ticket_id    uuid        not null,
    starts_at    timestamptz not null,
    ends_at      timestamptz,
    firing       boolean     not null,
    primary key (tenant_id, instance_key)
);
create index alert_instances_due on alert_instances (ends_at) where firing;  -- expiry timer

-- ---------------------------------------------------------------- the outbox and its ledger

create table deliveries (
    tenant_id       uuid        not null references tenants on delete cascade,
    delivery_id     uuid        not null,
    ticket_id       uuid        not null,
    event_seq       integer     not null,
    event_kind      text        not null,
    contact_id      uuid        not null,  -- no foreign key: the ledger outlives the contact
    state           text        not null default 'pending' check (state in ('pending', 'sending', 'delivered',
                                                                             'dead', 'cancelled')),
    attempts        integer     not null default 0,
    created_at      timestamptz not null default now(),
    next_attempt_at timestamptz not null default now(),
    lease_node      text        not null default '',
    lease_token     bigint      not null default 0,
    lease_until     timestamptz,
    finished_at     timestamptz,
    last_status     integer     not null default 0,
    last_error      text        not null default '',
    payload         jsonb       not null,
    primary key (tenant_id, delivery_id),
    unique (tenant_id, ticket_id, event_seq, contact_id)
);
create index deliveries_due on deliveries (next_attempt_at) where state = 'pending';
create index deliveries_due_by_contact on deliveries (tenant_id, contact_id, next_attempt_at) where state = 'pending';
create index deliveries_leased on deliveries (lease_until) where state = 'sending';
create index deliveries_page on deliveries (tenant_id, created_at desc, delivery_id desc);
create index deliveries_page_by_contact on deliveries (tenant_id, contact_id, created_at desc, delivery_id desc);
create index deliveries_dead on deliveries (tenant_id, created_at desc, delivery_id desc) where state = 'dead';

-- ---------------------------------------------------------------- change notices

-- Every change of configuration raises the tenant's version and tells every node (which also polls, in case).
create function config_changed() returns trigger language plpgsql as $$
declare
    changed uuid;
begin
    if tg_op = 'DELETE' then changed := old.tenant_id; else changed := new.tenant_id; end if;
    -- Once a transaction and tenant is enough; re-raising the version for each of 10,000 reordered rules is not.
    if current_setting('winnow.config_changed', true) is distinct from txid_current()::text || changed::text then
        update tenants set config_version = config_version + 1 where tenant_id = changed;
        perform pg_notify('winnow_config', changed::text);
        perform set_config('winnow.config_changed', txid_current()::text || changed::text, true);
    end if;
    return null;
end $$;

do $$
declare
    name text;
begin
    foreach name in array array['tenant_settings', 'rules', 'contacts', 'contact_groups', 'contact_group_members',
                                'default_route', 'integrations', 'integration_keys', 'users', 'api_keys']
    loop
        execute format('create trigger %I after insert or update or delete on %I
                        for each row execute function config_changed()', name || '_changed', name);
    end loop;
end $$;

-- ---------------------------------------------------------------- day partitions

-- journal_YYYYMMDD and verdicts_YYYYMMDD. Owned by winnow_owner, so that no serving role can create or drop tables
-- except through these two functions.
create function make_day_partitions(first date, days integer) returns void
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    day date;
    parent text;
    child text;
begin
    for day in select first + n from generate_series(0, days - 1) as n loop
        foreach parent in array array['journal', 'verdicts'] loop
            child := parent || to_char(day, '_YYYYMMDD');
            if to_regclass(child) is null then
                execute format('create table %I partition of %I for values from (%L) to (%L)', child, parent,
                               day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
                execute format('alter table %I enable row level security', child);
                execute format('alter table %I force row level security', child);
            end if;
        end loop;
    end loop;
end $$;

create function drop_day_partitions(before date) returns integer
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    child text;
    dropped integer := 0;
begin
    for child in
        select c.relname from pg_class c join pg_inherits i on i.inhrelid = c.oid
         where i.inhparent in ('journal'::regclass, 'verdicts'::regclass)
           and right(c.relname, 8) < to_char(before, 'YYYYMMDD')
    loop
        execute format('drop table %I', child);
        dropped := dropped + 1;
    end loop;
    return dropped;
end $$;

-- ---------------------------------------------------------------- who may do what

do $$
declare
    name text;
begin
    foreach name in array array['tenants', 'tenant_settings', 'users', 'api_keys', 'integrations', 'integration_keys',
        'contacts', 'contact_groups', 'contact_group_members', 'default_route', 'rules', 'rule_versions', 'rule_stats',
        'journal', 'verdicts', 'journal_progress', 'idempotency_receipts', 'ticket_numbers', 'tickets',
        'ticket_events', 'alert_instances', 'deliveries']
    loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy own_tenant on %I to winnow_api
                        using (tenant_id = current_tenant()) with check (tenant_id = current_tenant())', name);
        execute format('create policy every_tenant on %I to winnow_pipeline using (true) with check (true)', name);
    end loop;
    foreach name in array array['tenants', 'tenant_settings', 'users', 'api_keys', 'integrations', 'integration_keys']
    loop
        execute format('create policy provider on %I to winnow_provider using (true) with check (true)', name);
        -- find_credential() below runs as the owner and must see every tenant's keys.
        execute format('create policy owner_reads on %I for select to winnow_owner using (true)', name);
    end loop;
end $$;

grant usage on schema public to winnow_api, winnow_pipeline, winnow_provider;
revoke all on function make_day_partitions, drop_day_partitions from public;
grant execute on function make_day_partitions, drop_day_partitions to winnow_pipeline;

grant select on tenants, rule_stats, journal, verdicts, journal_progress, ticket_numbers, alert_instances to winnow_api;
grant update (config_version) on tenants to winnow_api, winnow_provider;
grant select, insert, update on tickets, ticket_events, tenant_settings, deliveries, rule_versions to winnow_api;
grant select, insert, update, delete on users, api_keys, integrations, integration_keys, contacts, contact_groups,
    contact_group_members, default_route, rules, idempotency_receipts to winnow_api;
grant update (next_number) on ticket_numbers to winnow_api;

grant select on tenants, tenant_settings, contacts, contact_groups, contact_group_members, default_route, rules,
    integrations to winnow_pipeline;
grant select, insert, update on journal_streams, journal, verdicts, journal_progress, ticket_numbers, tickets,
    ticket_events, alert_instances, deliveries, rule_stats to winnow_pipeline;
grant select, insert, delete on idempotency_receipts to winnow_pipeline;
grant delete on journal_progress, journal_streams, alert_instances to winnow_pipeline;

grant select, insert, update on tenants, tenant_settings, users, api_keys, integrations, integration_keys
    to winnow_provider;

-- ---------------------------------------------------------------- finding a caller by its key

-- The one look-up that cannot know its tenant beforehand. Takes a SHA-256, so nothing can be learned from timing
-- that helps to guess a key, and returns nothing but what access::Principal holds.
create function find_credential(hash bytea)
    returns table (kind text, tenant_id uuid, service_code text, suspended boolean, subject_id uuid,
                   subject_name text, email text, role text, expires_at timestamptz)
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select 'integration', t.tenant_id, t.service_code, t.state = 'suspended', i.integration_id, i.name,
               null::text, null::text, null::timestamptz
          from integration_keys k
          join integrations i on i.tenant_id = k.tenant_id and i.integration_id = k.integration_id and i.enabled
          join tenants t on t.tenant_id = k.tenant_id
         where k.secret_hash = hash and k.revoked_at is null
        union all
        select 'user', t.tenant_id, t.service_code, t.state = 'suspended', u.user_id, u.name, u.email, u.role,
               k.expires_at
          from api_keys k
          join users u on u.tenant_id = k.tenant_id and u.user_id = k.user_id and u.state = 'active'
          join tenants t on t.tenant_id = k.tenant_id
         where k.secret_hash = hash and k.revoked_at is null and (k.expires_at is null or k.expires_at > now());
    end;
revoke all on function find_credential from public;
grant execute on function find_credential to winnow_api;
