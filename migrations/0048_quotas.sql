-- 0048: how much of each thing a tenant may have, counted where it comes and goes, and where the provider has set it for one
-- tenant alone (docs/decisions/quotas.md).
-- compatible: yes
--
-- A program from before this step has its rows counted all the same; it refuses by what it counts itself.

-- `most`: null: as the node's configuration has it. `used` is kept by triggers of the counted tables, and by
-- take_deliveries() for what is owed (no less than there is; what went is taken off when it is counted anew) and for what
-- belongs to a day. What has no row in here is measured when it is asked for.
create table quotas (
    tenant_id  uuid        not null references tenants on delete cascade,
    name       text        not null check (octet_length(name) between 1 and 40),
    most       bigint      check (most >= 0),
    used       bigint      not null default 0 check (used >= 0),
    day        date,                        -- In UTC, to which `used` belongs; null: to all.
    left_out   bigint      not null default 0,  -- Deliveries that are not owed because of it, or of tenants.max_contacts_told.
    counted_at timestamptz not null default now(),
    primary key (tenant_id, name)
) with (fillfactor = 50);  -- what only counts finds room in its page, and touches no index
select own_by_tenant('quotas', 'select', 'select, insert, update');
create policy provider on quotas to winnow_provider using (true) with check (true);
grant select, insert, update (most) on quotas to winnow_provider;
create policy owner_counts on quotas to winnow_owner using (true) with check (true);
create index quotas_by_count on quotas (counted_at) where name = 'users';  -- each tenant's turn to be counted anew

-- The functions below run as the owner, who counts.
do $$
declare
    counted text;
begin
    foreach counted in array array['contacts', 'contact_groups', 'rules', 'silences', 'maintenance_windows', 'inhibitions',
                                   'backtests', 'deliveries']
    loop
        execute format('create policy owner_counts on %I for select to winnow_owner using (true)', counted);
    end loop;
end $$;

-- Adds to what tenants have of a thing. One that goes as a whole is not counted any more.
create function add_to_quota(a_tenant uuid, a_name text, a_number bigint) returns void
    language sql security definer set search_path = public, pg_temp
    begin atomic
        insert into quotas as q (tenant_id, name, used)
        select t.tenant_id, a_name, greatest(a_number, 0) from tenants t where t.tenant_id = a_tenant
            on conflict (tenant_id, name) do update set used = greatest(0, q.used + a_number);
    end;

create function count_quota() returns trigger
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform add_to_quota(by_tenant.tenant_id, tg_argv[0], by_tenant.number)
       from (select c.tenant_id, count(*) * case tg_op when 'DELETE' then -1 else 1 end as number
               from changed c group by c.tenant_id order by c.tenant_id) as by_tenant;
    return null;
end $$;

-- A key counts until it is revoked, or gone.
create function count_key() returns trigger
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    case tg_op
        when 'INSERT' then perform add_to_quota(new.tenant_id, 'keys', 1);
        when 'DELETE' then perform add_to_quota(old.tenant_id, 'keys', -1);
        else perform add_to_quota(new.tenant_id, 'keys', case when new.revoked_at is null then 1 else -1 end);
    end case;
    return null;
end $$;

-- A user counts until it is deleted: what is left of it is an id, for the records of what it did.
create function count_user() returns trigger
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    case tg_op
        when 'INSERT' then perform add_to_quota(new.tenant_id, 'users', 1);
        when 'DELETE' then perform add_to_quota(old.tenant_id, 'users', -1);
        else perform add_to_quota(new.tenant_id, 'users', case when new.deleted_at is null then 1 else -1 end);
    end case;
    return null;
end $$;
create trigger quota_in after insert on users for each row when (new.deleted_at is null) execute function count_user();
create trigger quota_out after delete on users for each row when (old.deleted_at is null) execute function count_user();
create trigger quota_change after update on users for each row
    when ((old.deleted_at is null) <> (new.deleted_at is null)) execute function count_user();

do $$
declare
    counted text;
begin
    foreach counted in array array['integrations', 'contacts', 'contact_groups', 'rules', 'maintenance_windows',
                                   'inhibitions']
    loop
        execute format('create trigger quota_in after insert on %I referencing new table as changed
                        for each statement execute function count_quota(%L)', counted, counted);
        execute format('create trigger quota_out after delete on %I referencing old table as changed
                        for each statement execute function count_quota(%L)', counted, counted);
    end loop;
    foreach counted in array array['api_keys', 'integration_keys'] loop
        execute format('create trigger quota_in after insert on %I for each row when (new.revoked_at is null)
                        execute function count_key()', counted);
        execute format('create trigger quota_out after delete on %I for each row when (old.revoked_at is null)
                        execute function count_key()', counted);
        execute format('create trigger quota_change after update on %I for each row
                        when ((old.revoked_at is null) <> (new.revoked_at is null)) execute function count_key()', counted);
    end loop;
end $$;

-- How many there are, as the triggers count them. Null: of what they do not count.
create function count_for_quota(a_tenant uuid, a_name text) returns bigint
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select case a_name
               when 'users' then (select count(*) from users where tenant_id = a_tenant and deleted_at is null)
               when 'keys' then (select count(*) from api_keys where tenant_id = a_tenant and revoked_at is null)
                                + (select count(*) from integration_keys where tenant_id = a_tenant and revoked_at is null)
               when 'integrations' then (select count(*) from integrations where tenant_id = a_tenant)
               when 'contacts' then (select count(*) from contacts where tenant_id = a_tenant)
               when 'contact_groups' then (select count(*) from contact_groups where tenant_id = a_tenant)
               when 'rules' then (select count(*) from rules where tenant_id = a_tenant)
               when 'maintenance_windows' then (select count(*) from maintenance_windows where tenant_id = a_tenant)
               when 'inhibitions' then (select count(*) from inhibitions where tenant_id = a_tenant)
               when 'deliveries' then (select count(*) from deliveries where tenant_id = a_tenant and state = 'pending')
                                      + (select count(*) from deliveries where tenant_id = a_tenant and state = 'sending')
               end;
    end;

-- What was there before it was counted, each table once, however many tenants there are: nobody writes into these tables, or
-- reads most of them, until this step is done.
insert into quotas (tenant_id, name, used)
select t.tenant_id, n.name, coalesce(c.number, 0)
  from tenants t
 cross join unnest(array['users', 'keys', 'integrations', 'contacts', 'contact_groups', 'rules', 'maintenance_windows',
                         'inhibitions', 'deliveries']) as n(name)
  left join (
        select tenant_id, 'users' as name, count(*) as number from users where deleted_at is null group by tenant_id
     union all
        select tenant_id, 'keys', count(*)
          from (select tenant_id from api_keys where revoked_at is null
                 union all
                select tenant_id from integration_keys where revoked_at is null) keys
         group by tenant_id
     union all select tenant_id, 'integrations', count(*) from integrations group by tenant_id
     union all select tenant_id, 'contacts', count(*) from contacts group by tenant_id
     union all select tenant_id, 'contact_groups', count(*) from contact_groups group by tenant_id
     union all select tenant_id, 'rules', count(*) from rules group by tenant_id
     union all select tenant_id, 'maintenance_windows', count(*) from maintenance_windows group by tenant_id
     union all select tenant_id, 'inhibitions', count(*) from inhibitions group by tenant_id
     union all
        select tenant_id, 'deliveries', count(*) from deliveries where state in ('pending', 'sending') group by tenant_id
       ) c on c.tenant_id = t.tenant_id and c.name = n.name;

-- What the transaction's tenant may have of a thing, where the provider has set that, and has. Nobody else takes a place
-- until the transaction ends: who finds one free has it.
create function lock_quota(a_name text, out most bigint, out used bigint)
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    tenant constant uuid := current_tenant();
begin
    if tenant is null then
        raise exception 'no tenant to ask a quota of' using errcode = 'insufficient_privilege';
    end if;
    insert into quotas (tenant_id, name) values (tenant, a_name) on conflict (tenant_id, name) do nothing;
    select q.most, case when q.day < (now() at time zone 'UTC')::date then 0 else q.used end
      into strict lock_quota.most, lock_quota.used
      from quotas q where q.tenant_id = tenant and q.name = a_name for no key update;
end $$;

-- Takes places for what one fold comes to owe to `a_contacts`; `a_left_out` others of its events' routes were left out
-- before. For each of them, in order, whether there is room; null: there is for all. The settings winnow.max_owed_deliveries
-- and winnow.max_mails_a_day are what a tenant may where the provider has set nothing for it; without them it may anything.
--
-- What was delivered gives its place back when it is counted: when there seems to be no room, and once a day. So no
-- delivery's end waits for a fold.
create function take_deliveries(a_tenant uuid, a_contacts uuid[], a_left_out bigint) returns boolean[]
    language plpgsql set search_path = public, pg_temp as $$
declare
    boundless constant bigint := 4611686018427387904;
    today constant date := (now() at time zone 'UTC')::date;
    wanted constant bigint := cardinality(a_contacts);
    owed quotas;
    mails quotas;
    most_owed bigint;
    most_mails bigint;
    wanted_mails bigint;
    granted boolean[];
    taken bigint := wanted;
    taken_mails bigint;
begin
    insert into quotas (tenant_id, name) values (a_tenant, 'deliveries'), (a_tenant, 'mails_a_day')
        on conflict (tenant_id, name) do nothing;
    select * into strict owed from quotas where tenant_id = a_tenant and name = 'deliveries' for no key update;
    select * into strict mails from quotas where tenant_id = a_tenant and name = 'mails_a_day' for no key update;
    most_owed := coalesce(owed.most, nullif(current_setting('winnow.max_owed_deliveries', true), '')::bigint, boundless);
    most_mails := coalesce(mails.most, nullif(current_setting('winnow.max_mails_a_day', true), '')::bigint, boundless);
    if mails.day is distinct from today then
        mails.used := 0;
    end if;
    select count(*) into wanted_mails
      from unnest(a_contacts) as w(contact_id)
      join contacts c on c.tenant_id = a_tenant and c.contact_id = w.contact_id and c.type = 'email';
    taken_mails := wanted_mails;

    if owed.used + wanted > most_owed then
        select (select count(*) from deliveries where tenant_id = a_tenant and state = 'pending')
               + (select count(*) from deliveries where tenant_id = a_tenant and state = 'sending') into owed.used;
        owed.counted_at := clock_timestamp();
    end if;
    if owed.used + wanted > most_owed or mails.used + wanted_mails > most_mails then
        with asked as (
            select w.place, c.contact_id is not null as mail
              from unnest(a_contacts) with ordinality as w(contact_id, place)
              left join contacts c on c.tenant_id = a_tenant and c.contact_id = w.contact_id and c.type = 'email'
        ), mailable as (
            select place, mail,
                   not mail or mails.used + count(*) filter (where mail) over (order by place) <= most_mails as may
              from asked
        ), allowed as (
            select place, mail, may and owed.used + count(*) filter (where may) over (order by place) <= most_owed as may
              from mailable
        )
        select array_agg(may order by place), count(*) filter (where may), count(*) filter (where may and mail)
          into strict granted, taken, taken_mails from allowed;
    end if;

    update quotas
       set used = owed.used + taken, counted_at = owed.counted_at, left_out = left_out + a_left_out + wanted - taken
     where tenant_id = a_tenant and name = 'deliveries';
    if taken_mails > 0 then
        update quotas set used = mails.used + taken_mails, day = today
         where tenant_id = a_tenant and name = 'mails_a_day';
    end if;
    return granted;
end $$;

-- What a tenant may have of everything, where the provider has set that, and has.
create function quotas_of(a_tenant uuid)
    returns table (quota text, quota_most bigint, quota_used bigint, quota_left_out bigint)
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select q.name, q.most, case when q.day < (now() at time zone 'UTC')::date then 0 else q.used end, q.left_out
          from quotas q
         where q.tenant_id = a_tenant and q.name not in ('silences', 'unfinished_backtests', 'history_bytes')
        union all
        select 'silences', (select q.most from quotas q where q.tenant_id = a_tenant and q.name = 'silences'),
               (select count(*) from silences s where s.tenant_id = a_tenant and s.ends_at > now()), 0
        union all
        select 'unfinished_backtests',
               (select q.most from quotas q where q.tenant_id = a_tenant and q.name = 'unfinished_backtests'),
               (select count(*) from backtests b where b.tenant_id = a_tenant and b.state in ('queued', 'running')), 0
        union all
        select 'history_bytes', t.max_history_bytes, history_bytes(a_tenant), 0 from tenants t where t.tenant_id = a_tenant;
    end;
create function own_quotas()
    returns table (quota text, quota_most bigint, quota_used bigint, quota_left_out bigint)
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select o.quota,
               case when o.quota = 'history_bytes'
                    then coalesce(o.quota_most, nullif(current_setting('winnow.max_history_bytes', true), '')::bigint)
                    else o.quota_most end,
               o.quota_used, o.quota_left_out
          from quotas_of(current_tenant()) o;
    end;

-- Counts anew, of up to `at_once` tenants that have not been counted for most of a day. How many that were. One whose
-- configuration somebody is about to change waits for the next time.
create function recount_quotas(at_once integer) returns integer
    language plpgsql set search_path = public, pg_temp as $$
declare
    counted record;
    one record;
    done integer := 0;
begin
    for counted in
        select t.tenant_id from tenants t join quotas q on q.tenant_id = t.tenant_id and q.name = 'users'
         where q.counted_at < now() - interval '20 hours'
         order by q.counted_at limit at_once
           for no key update of t skip locked
    loop
        for one in
            select q.name from quotas q where q.tenant_id = counted.tenant_id order by q.name
               for no key update skip locked
        loop
            -- A statement of its own: what it counts was committed before the row was locked.
            update quotas q set used = coalesce(count_for_quota(q.tenant_id, q.name), q.used), counted_at = now()
             where q.tenant_id = counted.tenant_id and q.name = one.name;
        end loop;
        done := done + 1;
    end loop;
    return done;
end $$;

revoke all on function add_to_quota, count_quota, count_key, count_user, count_for_quota, lock_quota, take_deliveries, quotas_of,
    own_quotas, recount_quotas from public;
grant execute on function lock_quota, own_quotas to winnow_api;
grant execute on function take_deliveries, recount_quotas, count_for_quota to winnow_pipeline;
grant execute on function quotas_of to winnow_provider;
