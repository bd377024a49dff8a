-- 0036: what makes a table a tenant's, in one call, so that a migration cannot forget a part of it.
-- compatible: yes

-- Of a table that was just made, with all of its keys: says what it lacks, or puts row-level security on it, forced, with
-- its two policies, and grants `api` to winnow_api and `pipeline` to winnow_pipeline ('select, insert'; '' grants nothing).
-- tests/integration/pg/schema/ holds every table to the same, however it was made.
create function own_by_tenant(named regclass, api text, pipeline text) returns void
    language plpgsql set search_path = public, pg_temp as $$
declare
    tenant smallint;
    wrong text;
begin
    select attnum into tenant from pg_attribute
     where attrelid = named and attname = 'tenant_id' and atttypid = 'uuid'::regtype and attnotnull;
    if tenant is null then
        raise exception '% has no column tenant_id uuid not null', named;
    end if;
    if not exists (select from pg_index where indrelid = named and indisprimary and indkey[0] = tenant) then
        raise exception '% has no primary key that begins with tenant_id', named;
    end if;
    select string_agg(indexrelid::regclass::text, ', ') into wrong from pg_index
     where indrelid = named and indisunique and indkey[0] <> tenant;
    if wrong is not null then  -- whoever inserts a key that another tenant has is told that it is taken
        raise exception '% has unique keys that do not begin with tenant_id: %', named, wrong;
    end if;
    select string_agg(conname, ', ') into wrong from pg_constraint
     where conrelid = named and contype = 'f'
       and (conkey[1] <> tenant
            or (select attname from pg_attribute where attrelid = confrelid and attnum = confkey[1]) <> 'tenant_id');
    if wrong is not null then  -- foreign keys are looked up past row-level security
        raise exception '% has foreign keys that do not begin with tenant_id: %', named, wrong;
    end if;
    if api || pipeline !~ '^[a-z, ]*$' then
        raise exception 'privileges are words with commas between them';
    end if;

    execute format('alter table %s enable row level security', named);
    execute format('alter table %s force row level security', named);
    execute format('create policy own_tenant on %s to winnow_api
                    using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()))', named);
    execute format('create policy every_tenant on %s to winnow_pipeline using (true) with check (true)', named);
    if api <> '' then
        execute format('grant %s on %s to winnow_api', api, named);
    end if;
    if pipeline <> '' then
        execute format('grant %s on %s to winnow_pipeline', pipeline, named);
    end if;
end $$;
revoke all on function own_by_tenant from public;
