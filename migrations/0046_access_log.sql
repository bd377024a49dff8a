-- 0046: who asked for what: each call of the REST API is a row of its tenant's access log.
-- compatible: yes
--
-- A program from before this step goes on as it was, and its calls are in no log.

-- By months, whose partitions are made and dropped as the journal's days are (0010): a node makes them before it serves, and
-- months ahead. No foreign key: a row is written at
-- each call, and none of them is to lock its tenant's row.
--
-- `times` and `until`: of refusals, which are summed: so many equal ones, from `at` to `until`. Of all other calls each is
-- a row of its own.
create table access_log (
    tenant_id  uuid        not null,
    at         timestamptz not null default now(),
    entry_id   uuid        not null default gen_random_uuid(),
    actor      text        not null default '' check (octet_length(actor) <= 100),    -- "user:…"; '': summed over several
    means      text        not null default '' check (octet_length(means) <= 32),     -- "user_key"
    key_id     uuid,                                                                  -- of the key that was shown
    role       text        not null default '' check (octet_length(role) <= 32),      -- '' of what is no user
    address    text        not null default '' check (octet_length(address) <= 64),
    method     text        not null default '' check (octet_length(method) <= 32),
    route      text        not null default '' check (octet_length(route) <= 200),    -- "/api/v1/tickets/{id}"
    object     text        not null default '' check (octet_length(object) <= 400),   -- what stood in its braces
    status     integer     not null default 0,
    code       text        not null default '' check (octet_length(code) <= 64),      -- of a refusal: "forbidden"
    bytes      bigint,                                                                -- of the answer; null: it was streamed
    request_id text        not null default '' check (octet_length(request_id) <= 200),
    times      integer     not null default 1 check (times > 0),
    until      timestamptz,
    primary key (tenant_id, at, entry_id)
) partition by range (at);
create index access_log_by_actor on access_log (tenant_id, actor, at, entry_id);
create index access_log_by_address on access_log (tenant_id, address, at, entry_id);
create index access_log_by_object on access_log (tenant_id, object, at, entry_id) where object <> '';
create index access_log_of_errors on access_log (tenant_id, status, at, entry_id) where status >= 400;
-- Nobody changes what was written, and nobody who serves deletes of it.
select own_by_tenant('access_log', 'select, insert', 'insert');
create policy owner_forgets on access_log to winnow_owner using (true) with check (true);

-- The partitions of so many months, from that of `first` on; what exists is not touched, and nothing is locked for it.
create function make_access_partitions(first date, months integer) returns void
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    begins date;
    child text;
begin
    for begins in select (date_trunc('month', first::timestamp) + n * interval '1 month')::date
                   from generate_series(0, months - 1) as n loop
        child := 'access_log' || to_char(begins, '_YYYYMM');
        continue when to_regclass(child) is not null;
        perform pg_advisory_xact_lock(x'574E5044'::int, 1);  -- several nodes find out at once
        -- Asked of a new snapshot: to_regclass remembers that there was none.
        continue when exists (select from pg_class c where c.relname = child and c.relnamespace = 'public'::regnamespace);
        execute format('create table %I (like access_log including defaults including constraints including storage)', child);
        execute format('alter table %I enable row level security', child);
        execute format('alter table %I force row level security', child);
        execute format('alter table access_log attach partition %I for values from (%L) to (%L)', child,
                       begins::timestamp at time zone 'UTC', (begins + interval '1 month') at time zone 'UTC');
    end loop;
end $$;

-- Drops the oldest partition of a month that was over before that day's month began, one a call; how many: 0 or 1. Locked
-- as the journal's are: last, and no longer than anybody would notice.
create function drop_access_partition(before date) returns integer
    language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '50ms' as $$
declare
    child regclass;
begin
    select i.inhrelid into child
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'access_log'::regclass and right(c.relname, 6) < to_char(before, 'YYYYMM')
     order by right(c.relname, 6) limit 1;
    if child is null then return 0; end if;
    execute format('lock table only %s in access exclusive mode', child);
    lock table only access_log in access exclusive mode;
    execute format('drop table %s', child);
    return 1;
end $$;

-- Forgets entries of tenants that keep them for a shorter time than the one that keeps them longest, whose months go as a
-- whole. At most `at_once` rows a call; `more`: another call has something to do. Of the tenants from `first` to `last`
-- that are not in `without`.
create function forget_access(at_once integer, usual integer, most integer, first uuid, last uuid, without uuid[],
                              out forgotten bigint, out more boolean)
    language plpgsql security definer set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    one record;
    since timestamptz;
    month_end timestamptz;
    removed bigint;
begin
    forgotten := 0;
    more := false;
    for one in
        with kept as (
            select t.tenant_id, least(coalesce((s.retention_days->>'access_log')::int, usual), most) as days
              from tenants t left join tenant_settings s using (tenant_id))
        select k.tenant_id, now() - k.days * interval '1 day' as until
          from kept k
         where k.days < (select max(days) from kept)
           and k.tenant_id >= first and k.tenant_id <= last and k.tenant_id <> all(without)
         order by k.tenant_id
    loop
        loop
            select a.at into since from access_log a
             where a.tenant_id = one.tenant_id and a.at < one.until order by a.at limit 1;
            exit when not found;
            -- Rows are named by ctid, which means something here because they lie within one partition.
            month_end := least(one.until,
                               (date_trunc('month', since at time zone 'UTC') + interval '1 month') at time zone 'UTC');
            delete from access_log
             where at >= since and at < month_end
               and ctid = any(array(select a.ctid from access_log a
                                     where a.tenant_id = one.tenant_id and a.at >= since and a.at < month_end
                                     order by a.at limit at_once - forgotten));
            get diagnostics removed = row_count;
            forgotten := forgotten + removed;
            if forgotten >= at_once then
                more := true;
                return;
            end if;
            exit when removed = 0;
        end loop;
    end loop;
end $$;

-- Whose key it was that opens nothing any more, by its hash: so that its owner's tenant can be told that somebody showed
-- it. Only a key that a tenant had, and only while its row is there.
create function note_refused_keys(hashes bytea[], ats timestamptz[], untils timestamptz[], addresses text[],
                                  methods text[], routes text[], codes text[], statuses integer[], counts integer[])
    returns bigint
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    noted bigint;
begin
    with shown as (
        select * from unnest(hashes, ats, untils, addresses, methods, routes, codes, statuses, counts)
            as u (hash, at, until, address, method, route, code, status, times)
    ), known as (
        select s.*, k.tenant_id, 'user:' || k.user_id as actor, 'user_key' as means, k.key_id
          from shown s join api_keys k on k.secret_hash = s.hash
        union all
        select s.*, k.tenant_id, 'integration:' || k.integration_id, 'integration_key', k.key_id
          from shown s join integration_keys k on k.secret_hash = s.hash
    )
    insert into access_log (tenant_id, at, actor, means, key_id, address, method, route, status, code, times, until)
    select n.tenant_id, n.at, n.actor, n.means, n.key_id, n.address, n.method, n.route, n.status, n.code, n.times, n.until
      from known n;
    get diagnostics noted = row_count;
    return noted;
end $$;

revoke all on function make_access_partitions, drop_access_partition, forget_access, note_refused_keys from public;
grant execute on function make_access_partitions, drop_access_partition, forget_access, note_refused_keys
    to winnow_pipeline;
