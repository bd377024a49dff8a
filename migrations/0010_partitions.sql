-- 0010: day partitions are made and dropped without holding up whoever writes to the journal.
--
-- `create table … partition of` and `drop table` lock the whole partitioned table against everybody: behind a long
-- reader such as pg_dump they wait, and every insert waits behind them.

-- A table is attached under SHARE UPDATE EXCLUSIVE, which neither readers nor writers mind. What exists is not touched,
-- and nothing is locked for it.
create or replace function make_day_partitions(first date, days integer) returns void
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    day date;
    parent text;
    child text;
begin
    for day in select first + n from generate_series(0, days - 1) as n loop
        foreach parent in array array['journal', 'verdicts'] loop
            child := parent || to_char(day, '_YYYYMMDD');
            continue when to_regclass(child) is not null;
            perform pg_advisory_xact_lock(x'574E5044'::int, 0);  -- several nodes find out at the same midnight
            -- Asked of a new snapshot: to_regclass remembers that there was none.
            continue when exists (select from pg_class c where c.relname = child and c.relnamespace = 'public'::regnamespace);
            execute format('create table %I (like %I including defaults including constraints including storage)',
                           child, parent);
            execute format('alter table %I enable row level security', child);
            execute format('alter table %I force row level security', child);
            execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, child,
                           day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
        end loop;
    end loop;
end $$;

-- Drops the oldest partition from before that day, one a call (so: one a transaction), and returns how many: 0 or 1.
-- There is no way to drop one without locking the whole table, for a moment: so it is locked last, when nobody reads
-- what goes any more, and waits no longer than a sender would notice. Refused (55P03), it is tried again later.
create or replace function drop_day_partitions(before date) returns integer
    language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '50ms' as $$
declare
    child regclass;
    parent regclass;
begin
    select i.inhrelid, i.inhparent into child, parent
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent in ('journal'::regclass, 'verdicts'::regclass)
       and right(c.relname, 8) < to_char(before, 'YYYYMMDD')
     order by right(c.relname, 8), c.relname limit 1;
    if child is null then return 0; end if;
    execute format('lock table only %s in access exclusive mode', child);
    execute format('lock table only %s in access exclusive mode', parent);
    execute format('drop table %s', child);
    return 1;
end $$;
