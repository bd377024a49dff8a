-- 0039: a table that others refer to is measured as soon as it has grown, so that no plan stays that was made while it was small.
-- compatible: yes
--
-- docs/decisions/measured-tables.md says why. `pages` is what the table takes now; pg_class.relpages what it took when it was
-- measured last.
create function table_that_grew() returns regclass language sql stable
    begin atomic
        select c.oid::regclass
          from (select distinct confrelid from pg_constraint where contype = 'f') as referred
          join pg_class c on c.oid = referred.confrelid
         cross join lateral (select pg_relation_size(c.oid) / current_setting('block_size')::int as pages) as now
         where c.relkind = 'r' and now.pages > greatest(32, 4 * c.relpages)
         order by c.oid
         limit 1;
    end;
revoke all on function table_that_grew from public;
grant execute on function table_that_grew to winnow_pipeline;

-- False where there was none. By the owner, who alone may measure tables.
create function measure_table_that_grew() returns boolean
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    grown constant regclass := table_that_grew();
begin
    if grown is null then
        return false;
    end if;
    execute format('analyze %s', grown);
    return true;
end $$;
revoke all on function measure_table_that_grew from public;
grant execute on function measure_table_that_grew to winnow_pipeline;
