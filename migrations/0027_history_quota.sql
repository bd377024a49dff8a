-- 0027: what people's changes leave behind has a limit of each tenant's own: versions of rules and rule sets, what people
-- add to timelines, silences. Alerts, tickets and what becomes of them are not counted: they are bounded by rates and
-- retention, and no limit here ever stands in an alert's way.
-- compatible: yes

-- null: as the node's configuration has it.
alter table tenants add column max_history_bytes bigint check (max_history_bytes >= 1048576);

-- Bytes before compression: a row counts the same when it comes and when it goes. What changes waits in history_deltas, so
-- that no request holds another one's row, until a chore adds it up (gather_history).
create table history_used (
    tenant_id uuid   primary key references tenants on delete cascade,
    bytes     bigint not null
);
create table history_deltas (
    tenant_id uuid   not null references tenants on delete cascade,
    delta_id  bigint not null generated always as identity,
    bytes     bigint not null,
    made_in   xid8   not null default pg_current_xact_id(),
    primary key (tenant_id, delta_id)
);

-- A history that was there before anybody counted. Rows up to (id, number), which is a part of its key, are counted; a
-- chore goes on from there (count_history), and takes the row away at the end.
create table history_uncounted (
    tenant_id uuid   not null references tenants on delete cascade,
    history   text   not null,
    id        uuid   not null default '00000000-0000-0000-0000-000000000000',
    number    bigint not null default -1,
    primary key (tenant_id, history)
);
insert into history_uncounted (tenant_id, history)
select t.tenant_id, h.history
  from tenants t cross join unnest(array['rule_versions', 'ruleset_versions', 'silences', 'ticket_events']) as h(history);

do $$
declare
    name text;
begin
    foreach name in array array['history_used', 'history_deltas', 'history_uncounted'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy own_tenant on %I to winnow_api
                        using (tenant_id = current_tenant()) with check (tenant_id = current_tenant())', name);
        execute format('create policy every_tenant on %I to winnow_pipeline using (true) with check (true)', name);
        execute format('create policy owner_counts on %I to winnow_owner using (true) with check (true)', name);
    end loop;
end $$;
grant select, insert, update on history_used to winnow_pipeline;
grant select, insert, delete on history_deltas to winnow_pipeline;
grant select, update, delete on history_uncounted to winnow_pipeline;

-- How large a row counts: what grows with its text, and something for the rest.
create function rule_version_bytes(content jsonb) returns bigint
    language sql immutable parallel safe return 100 + octet_length(content::text);
create function ruleset_version_bytes(rule_ids uuid[], comment text) returns bigint
    language sql immutable parallel safe return 100 + 24 * cardinality(rule_ids) + octet_length(comment);
create function silence_bytes(condition text, comment text) returns bigint
    language sql immutable parallel safe return 200 + octet_length(condition) + octet_length(comment);
create function ticket_event_bytes(data jsonb) returns bigint
    language sql immutable parallel safe return 100 + octet_length(data::text);

-- In one look, so that what is being added up is seen in one place of the two.
create function history_bytes(tenant uuid) returns bigint
    language sql stable security definer set search_path = public, pg_temp
    return greatest(0, coalesce((select bytes from history_used where tenant_id = tenant), 0)
                       + coalesce((select sum(bytes) from history_deltas where tenant_id = tenant), 0)::bigint);

-- Whether a row counts by now. Where its history is still being counted the answer holds until this transaction ends:
-- the chore takes the lock for itself while it goes on.
create function history_counts(tenant uuid, of text, row_id uuid, row_number bigint) returns boolean
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    counted boolean;
begin
    if not exists (select from history_uncounted where tenant_id = tenant and history = of) then
        return true;
    end if;
    perform pg_advisory_xact_lock_shared(x'48495354'::int, hashtext(tenant::text));
    select (row_id, row_number) <= (id, number) into counted
      from history_uncounted where tenant_id = tenant and history = of;
    return coalesce(counted, true);
end $$;

-- With a tenant that goes as a whole, its sizes go as well.
create function add_to_history(tenant uuid, size bigint) returns void
    language sql security definer set search_path = public, pg_temp
    begin atomic
        insert into history_deltas (tenant_id, bytes) select t.tenant_id, size from tenants t where t.tenant_id = tenant;
    end;

create function count_rule_versions() returns trigger
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform add_to_history(by_tenant.tenant_id, by_tenant.bytes)
       from (select c.tenant_id,
                    sum(case when history_counts(c.tenant_id, 'rule_versions', c.rule_id, c.version)
                             then rule_version_bytes(c.content) else 0 end)::bigint
                        * case tg_op when 'DELETE' then -1 else 1 end as bytes
               from changed c group by c.tenant_id) as by_tenant
      where by_tenant.bytes <> 0;
    return null;
end $$;

create function count_ruleset_version() returns trigger
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v constant ruleset_versions := case tg_op when 'DELETE' then old else new end;
begin
    if history_counts(v.tenant_id, 'ruleset_versions', '00000000-0000-0000-0000-000000000000', v.version) then
        perform add_to_history(v.tenant_id, ruleset_version_bytes(v.rule_ids, v.comment)
                                                * case tg_op when 'DELETE' then -1 else 1 end);
    end if;
    return null;
end $$;

create function count_silence() returns trigger
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v constant silences := case tg_op when 'DELETE' then old else new end;
begin
    if history_counts(v.tenant_id, 'silences', v.silence_id, 0) then
        perform add_to_history(v.tenant_id, case tg_op
            when 'INSERT' then silence_bytes(new.condition, new.comment)
            when 'DELETE' then -silence_bytes(old.condition, old.comment)
            else silence_bytes(new.condition, new.comment) - silence_bytes(old.condition, old.comment) end);
    end if;
    return null;
end $$;

create function count_ticket_event() returns trigger
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    v constant ticket_events := case tg_op when 'DELETE' then old else new end;
begin
    if history_counts(v.tenant_id, 'ticket_events', v.ticket_id, v.seq) then
        perform add_to_history(v.tenant_id, ticket_event_bytes(v.data) * case tg_op when 'DELETE' then -1 else 1 end);
    end if;
    return null;
end $$;

-- Refuses a request of the API that goes beyond the tenant's limit. Its arguments: how many per cent of the limit are open to
-- it, and to one that adds no more than 2 KiB. Requests that are under way together do not see each other.
create function keep_history_limit() returns trigger
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    tenant constant uuid := current_tenant();
    added bigint;
    total bigint;
    most bigint;
begin
    if tenant is null then
        return null;
    end if;
    select sum(bytes) filter (where made_in = pg_current_xact_id()),
           sum(bytes) + coalesce((select bytes from history_used where tenant_id = tenant), 0)
      into added, total from history_deltas where tenant_id = tenant;
    if coalesce(added, 0) <= 0 then
        return null;
    end if;
    select coalesce(max_history_bytes, current_setting('winnow.max_history_bytes')::bigint) into most
      from tenants where tenant_id = tenant;
    if total > most * (case when added <= 2048 then tg_argv[1] else tg_argv[0] end)::bigint / 100 then
        raise exception using errcode = 'WQ001', message = most::text;
    end if;
    return null;
end $$;

revoke all on function history_bytes, history_counts, add_to_history, count_rule_versions, count_ruleset_version,
    count_silence, count_ticket_event, keep_history_limit from public;
grant execute on function history_bytes to winnow_provider;

-- Triggers of a kind go in the order of their names: what is counted first is kept within its limit after.
create trigger history_1_in after insert on rule_versions referencing new table as changed
    for each statement execute function count_rule_versions();
create trigger history_1_out after delete on rule_versions referencing old table as changed
    for each statement execute function count_rule_versions();
create trigger history_1_change after insert or delete on ruleset_versions
    for each row execute function count_ruleset_version();
create trigger history_1_change after insert or delete on silences
    for each row execute function count_silence();
create trigger history_1_edit after update on silences
    for each row when (new.condition <> old.condition or new.comment <> old.comment) execute function count_silence();
-- Of people's entries only: what triage and the dispatcher write costs one comparison a row.
create trigger history_1_in after insert on ticket_events
    for each row when (new.actor like 'user:%') execute function count_ticket_event();
create trigger history_1_out after delete on ticket_events
    for each row when (old.actor like 'user:%') execute function count_ticket_event();

-- Only sessions of the API say what the limit is. Whoever fills timelines shuts himself out of commenting, not of changing
-- rules, and never of taking a ticket over or closing it before all else is shut. Rules can always be deleted, or the one
-- that drops every alert would stay; silences can always be ended, which adds nothing.
create trigger history_2_limit after insert on ticket_events
    for each statement when (current_setting('winnow.max_history_bytes', true) <> '')
    execute function keep_history_limit('100', '120');
create trigger history_2_limit after insert on ruleset_versions
    for each row when (current_setting('winnow.max_history_bytes', true) <> ''
                       and not (new.deleted > 0 and new.created = 0 and new.updated = 0))
    execute function keep_history_limit('110', '110');
create trigger history_2_limit after insert or update on silences
    for each statement when (current_setting('winnow.max_history_bytes', true) <> '')
    execute function keep_history_limit('110', '110');
