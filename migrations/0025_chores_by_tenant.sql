-- 0025: chores are done tenant by tenant, and what cannot be done of one stops no other.
-- compatible: yes

-- A source or service may be longer than an index takes. Beyond 256 bytes: its beginning, to the end of a character, and
-- what tells it from others that begin alike (domain::noise_key).
create function noise_key(key text) returns text
    language sql immutable strict parallel safe
    return (select case when octet_length(b) <= 256 then key
                        else convert_from(substr(b, 1, 223 - case when get_byte(b, 223) & 192 <> 128 then 0
                                                                  when get_byte(b, 222) & 192 <> 128 then 1
                                                                  when get_byte(b, 221) & 192 <> 128 then 2
                                                                  else 3 end), 'UTF8')
                             || '~' || left(encode(sha256(b), 'hex'), 32) end
              from convert_to(key, 'UTF8') as b);

-- A row that a chore cannot take in, as it was, so that those behind it go on. For whoever looks into it; at most a hundred
-- a tenant.
create table chore_set_asides (
    tenant_id    uuid        not null references tenants on delete cascade,
    entry        bigint      not null generated always as identity,
    chore        text        not null,
    reason       text        not null,
    content      jsonb       not null,
    set_aside_at timestamptz not null default now(),
    primary key (tenant_id, entry)
);
create index chore_set_asides_by_age on chore_set_asides (tenant_id, set_aside_at);
alter table chore_set_asides enable row level security;
alter table chore_set_asides force row level security;
create policy own_tenant on chore_set_asides to winnow_api
    using (tenant_id = current_tenant()) with check (tenant_id = current_tenant());
create policy every_tenant on chore_set_asides to winnow_pipeline using (true) with check (true);
grant select, insert, delete on chore_set_asides to winnow_pipeline;

-- A ticket that the search index could not take in waits here, where searches look for it, and is tried again then.
alter table search_due add column retry_at timestamptz;

-- As before 0025, of the tenants from `first` to `last` that are not in `without`.
create function forget_alerts(at_once integer, usual integer, most integer, first uuid, last uuid, without uuid[],
                              out forgotten bigint, out more boolean)
    language plpgsql security definer set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    first_day timestamptz;
    one record;
    since timestamptz;
    day_end timestamptz;
    stretches integer := 0;
    removed bigint;
begin
    forgotten := 0;
    more := true;
    select min(to_date(right(c.relname, 8), 'YYYYMMDD'))::timestamp at time zone 'UTC' into first_day
      from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'journal'::regclass;
    for one in
        with kept as (
            select t.tenant_id, least(coalesce(s.journal_retention_days, usual), most) as days
              from tenants t left join tenant_settings s using (tenant_id))
        select k.tenant_id, b.begins, now() - k.days * interval '1 day' as until
          from kept k left join alerts_forgotten f using (tenant_id)
         cross join lateral (select greatest(f.until, first_day) as begins) b
         where k.days < (select max(days) from kept) and b.begins < now() - k.days * interval '1 day'
           and k.tenant_id >= first and k.tenant_id <= last and k.tenant_id <> all(without)
         order by b.begins, k.tenant_id limit 200
    loop
        since := one.begins;
        while since < one.until loop
            stretches := stretches + 1;
            if stretches > 200 then return; end if;
            day_end := least(one.until,
                             (date_trunc('day', since at time zone 'UTC') + interval '1 day') at time zone 'UTC');
            -- Rows are named by ctid, which means something here because a stretch lies within one partition. Whatever
            -- the planner believes of it, each verdict is looked up by its key (offset 0).
            with old as materialized (
                select j.ctid as alerts, v.verdicts
                  from journal j
                 cross join lateral (
                    select v.ctid as verdicts from verdicts v
                     where v.tenant_id = one.tenant_id and v.received_at = j.received_at and v.stream = j.stream
                       and v.seq = j.seq and v.received_at >= since and v.received_at < day_end offset 0) v
                 where j.tenant_id = one.tenant_id and j.received_at >= since and j.received_at < day_end
                 order by j.received_at, j.stream, j.seq limit at_once - forgotten
            ), judged as (
                delete from verdicts where ctid = any(array(select verdicts from old))
                                       and received_at >= since and received_at < day_end
            ), gone as (
                delete from journal where ctid = any(array(select alerts from old))
                                      and received_at >= since and received_at < day_end
                returning 1
            )
            select count(*) into removed from gone;
            forgotten := forgotten + removed;
            if forgotten >= at_once then return; end if;
            insert into alerts_forgotten values (one.tenant_id, day_end)
                on conflict (tenant_id) do update set until = excluded.until;
            since := day_end;
        end loop;
    end loop;
    more := stretches >= 200;
end $$;
revoke all on function forget_alerts(integer, integer, integer, uuid, uuid, uuid[]) from public;
grant execute on function forget_alerts(integer, integer, integer, uuid, uuid, uuid[]) to winnow_pipeline;
