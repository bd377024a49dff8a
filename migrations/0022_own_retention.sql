-- 0022: alerts go when the tenant they belong to lets go of them, not only when everybody has.
-- compatible: yes

-- From when on a tenant keeps what belongs to a class. `usual`: days where it has chosen none. What the provider allows
-- at most comes with the session, as the tenant does (winnow.max_retention_days).
create function kept_from(tenant uuid, class text, usual integer) returns timestamptz
    language sql stable set search_path = public, pg_temp
    return now() - interval '1 day' *
        least(coalesce((select case class when 'journal' then s.journal_retention_days
                                          else (s.retention_days->>class)::int end
                          from tenant_settings s where s.tenant_id = tenant), usual),
              coalesce(nullif(current_setting('winnow.max_retention_days', true), ''), '3650')::int);

-- Up to where forget_alerts() has come with a tenant.
create table alerts_forgotten (
    tenant_id uuid        primary key references tenants on delete cascade,
    until     timestamptz not null
);
alter table alerts_forgotten enable row level security;
alter table alerts_forgotten force row level security;
create policy own_tenant on alerts_forgotten to winnow_api
    using (tenant_id = current_tenant()) with check (tenant_id = current_tenant());
create policy owner_forgets on alerts_forgotten to winnow_owner using (true) with check (true);
create policy owner_forgets on journal to winnow_owner using (true);
create policy owner_forgets on verdicts to winnow_owner using (true);

-- Forgets alerts of tenants that keep them for a shorter time than the one that keeps them longest, whose days go as a
-- whole (drop_day_partitions). At most `at_once` rows a call, and 200 stretches of at most a day, of which the oldest
-- come first. `more`: another call has something to do. An alert without a verdict stays until its day goes: nobody has
-- been told of it yet. Of the tenants from `first` to `last` that are not in `without`. Serving roles cannot delete alerts
-- but by this function.
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

revoke all on function kept_from, forget_alerts from public;
grant execute on function kept_from to winnow_api, winnow_pipeline;
grant execute on function forget_alerts to winnow_pipeline;
