-- 0002: what keeps alerts quiet besides the rules: silences, maintenance windows, inhibitions.
--
-- As in 0001: tenant_id first in every key, row-level security forced, every change of configuration announced.

create table silences (
    tenant_id         uuid        not null references tenants on delete cascade,
    silence_id        uuid        not null,
    condition         text        not null check (octet_length(condition) <= 8192),
    syntax            text        not null check (syntax in ('cel', 'matchers')),
    starts_at         timestamptz not null,
    ends_at           timestamptz not null check (ends_at >= starts_at),
    comment           text        not null check (char_length(comment) between 1 and 1000),
    end_when_quiet_ms bigint      check (end_when_quiet_ms > 0),
    created_by        text        not null,
    created_at        timestamptz not null default now(),
    ended_by          text        not null default '',
    version           bigint      not null default 1,
    updated_at        timestamptz not null default now(),
    updated_by        text        not null,
    primary key (tenant_id, silence_id)
);
create index silences_not_over on silences (tenant_id, ends_at);
create index silences_ending_when_quiet on silences (ends_at) where end_when_quiet_ms is not null;

create table maintenance_windows (
    tenant_id             uuid        not null references tenants on delete cascade,
    maintenance_window_id uuid        not null,
    name                  text        not null check (char_length(name) between 1 and 200),
    comment               text        not null default '',
    condition             text        not null check (octet_length(condition) <= 8192),
    syntax                text        not null check (syntax in ('cel', 'matchers')),
    enabled               boolean     not null default true,
    starts_at             timestamptz not null,
    duration_ms           bigint      not null check (duration_ms > 0),
    time_zone             text        not null default 'UTC',
    rrule                 text        not null default '',
    exceptions            text[]      not null default '{}',
    version               bigint      not null default 1,
    created_at            timestamptz not null default now(),
    updated_at            timestamptz not null default now(),
    updated_by            text        not null,
    primary key (tenant_id, maintenance_window_id),
    unique (tenant_id, name)
);

create table inhibitions (
    tenant_id        uuid        not null references tenants on delete cascade,
    inhibition_id    uuid        not null,
    name             text        not null check (char_length(name) between 1 and 200),
    enabled          boolean     not null default true,
    source_condition text        not null check (octet_length(source_condition) <= 8192),
    source_syntax    text        not null check (source_syntax in ('cel', 'matchers')),
    target_condition text        not null check (octet_length(target_condition) <= 8192),
    target_syntax    text        not null check (target_syntax in ('cel', 'matchers')),
    equal_labels     text[]      not null default '{}',
    version          bigint      not null default 1,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    updated_by       text        not null,
    primary key (tenant_id, inhibition_id),
    unique (tenant_id, name)
);

-- Alerts that the source side of an inhibition found. Whether they still fire is asked of alert_instances and tickets;
-- rows of those that do not are swept up later.
create table inhibition_sources (
    tenant_id     uuid    not null,
    inhibition_id uuid    not null,
    source_key    text    not null,  -- 'i' and the instance key, or 'k' and the dedup key
    equal_values  text    not null,
    two_sided     boolean not null,
    primary key (tenant_id, inhibition_id, source_key),
    foreign key (tenant_id, inhibition_id) references inhibitions on delete cascade
);
create index inhibition_sources_by_values on inhibition_sources (tenant_id, inhibition_id, md5(equal_values));
create index inhibition_sources_by_key on inhibition_sources (tenant_id, source_key);

-- Whether the alert behind a source key fires.
create function source_fires(tenant uuid, key text) returns boolean
    language sql stable parallel safe
    return case when left(key, 1) = 'i'
                then exists (select from alert_instances i
                              where i.tenant_id = tenant and i.instance_key = substr(key, 2) and i.firing)
                else exists (select from tickets t
                              where t.tenant_id = tenant and t.dedup_key = substr(key, 2)
                                and t.state not in ('recovered', 'closed')) end;

-- Tickets of which nobody has been told because their latest alert was covered. Looked at again when the cover may
-- have ended: by time (recheck_at), by a change of configuration (config_version), or with the alert that explains
-- it (source_key).
create table quiet_tickets (
    tenant_id      uuid        not null,
    ticket_id      uuid        not null,
    kind           text        not null check (kind in ('silence', 'maintenance_window', 'inhibition')),
    cause_id       uuid        not null,
    source_key     text        not null default '',
    alert_id       uuid        not null,
    alert          text        not null,  -- after the rules, in canonical form
    recheck_at     timestamptz,
    config_version bigint      not null,
    primary key (tenant_id, ticket_id),
    foreign key (tenant_id, ticket_id) references tickets on delete cascade
);
create index quiet_tickets_due on quiet_tickets (recheck_at);
create index quiet_tickets_by_cause on quiet_tickets (tenant_id, cause_id);

-- How often each silence, window and inhibition has covered an alert. Apart from them: a count is no change of
-- configuration.
create table suppression_stats (
    tenant_id       uuid        not null references tenants on delete cascade,
    cause_id        uuid        not null,
    matched         bigint      not null default 0,
    last_matched_at timestamptz not null default now(),
    primary key (tenant_id, cause_id)
);

do $$
declare
    name text;
begin
    foreach name in array array['silences', 'maintenance_windows', 'inhibitions'] loop
        execute format('create trigger %I after insert or update or delete on %I
                        for each row execute function config_changed()', name || '_changed', name);
    end loop;
    foreach name in array array['silences', 'maintenance_windows', 'inhibitions', 'inhibition_sources',
                                'quiet_tickets', 'suppression_stats'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy own_tenant on %I to winnow_api
                        using (tenant_id = current_tenant()) with check (tenant_id = current_tenant())', name);
        execute format('create policy every_tenant on %I to winnow_pipeline using (true) with check (true)', name);
    end loop;
end $$;

-- A silence is ended, never deleted: an old verdict can name it.
grant select, insert, update on silences to winnow_api;
grant select, insert, update, delete on maintenance_windows, inhibitions, inhibition_sources to winnow_api;
grant select on quiet_tickets, suppression_stats to winnow_api;

grant select on silences, maintenance_windows, inhibitions to winnow_pipeline;
grant update (ends_at, ended_by, version, updated_at, updated_by) on silences to winnow_pipeline;
grant update (config_version) on tenants to winnow_pipeline;  -- a silence that ends by itself is a change, too
grant select, insert, update, delete on inhibition_sources, quiet_tickets, suppression_stats to winnow_pipeline;
