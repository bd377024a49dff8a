-- 0065: what a tenant has chosen of how long things are kept can be read whatever stands there: one row that cannot be would
-- keep all tenants' months.
-- compatible: yes

-- Of one class; `usual` where nothing that is a number of days was chosen.
create function days_kept(chosen jsonb, class text, usual integer) returns integer
    language sql immutable parallel safe
    return case when jsonb_typeof(chosen->class) = 'number' and chosen->>class ~ '^[1-9][0-9]{0,3}$'
                then (chosen->>class)::integer else usual end;
revoke all on function days_kept from public;
grant execute on function days_kept to winnow_api, winnow_pipeline;

-- What settings take (PATCH /settings), and so an import.
alter table tenant_settings add constraint tenant_settings_retention_days_are_days check (not jsonb_path_exists(
    retention_days, 'strict $.* ? (@.type() != "number" || @ < 1 || @ > 3650 || @.floor() != @)')) not valid;
alter table tenant_settings validate constraint tenant_settings_retention_days_are_days;

-- As 0022 and 0046 have them, but for that.
create or replace function kept_from(tenant uuid, class text, usual integer) returns timestamptz
    language sql stable set search_path = public, pg_temp
    return now() - interval '1 day' *
        least(coalesce((select case class when 'journal' then s.journal_retention_days
                                          else days_kept(s.retention_days, class, usual) end
                          from tenant_settings s where s.tenant_id = tenant), usual),
              coalesce(nullif(current_setting('winnow.max_retention_days', true), ''), '3650')::int);

create or replace function forget_access(at_once integer, usual integer, most integer, first uuid, last uuid, without uuid[],
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
            select t.tenant_id, least(days_kept(s.retention_days, 'access_log', usual), most) as days
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
