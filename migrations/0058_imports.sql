-- 0058: what an export holds is imported again, into a tenant that has nothing yet (docs/decisions/imports.md). Jobs, not
-- configuration: no change notice.
-- compatible: yes

-- From when on alerts may be there that are older than the tenant: erasure writes their days anew, too.
alter table tenants add column imported_from timestamptz;

create table imports (
    tenant_id   uuid        not null references tenants on delete cascade,
    import_id   uuid        not null,
    state       text        not null default 'receiving'
                            check (state in ('receiving', 'queued', 'checking', 'writing', 'done', 'failed')),
    source      text        not null default '' check (octet_length(source) <= 128),  -- whose archive it is to be; '': anybody's
    created_at  timestamptz not null,
    created_by  text        not null check (octet_length(created_by) <= 100),
    runner      text        not null default '',
    attempt     integer     not null default 0,
    touched_at  timestamptz not null default now(),  -- by who uploads, then by the runner: silence means that it is gone
    finished_at timestamptz,
    error       text        not null default '',
    faults      jsonb       not null default '[]' check (jsonb_typeof(faults) = 'array'),
    parts       integer     not null default 0,
    bytes       bigint      not null default 0,      -- of all parts
    rows_done   bigint      not null default 0,
    rows_total  bigint      not null default 0,
    revision    bigint      not null default 1,
    primary key (tenant_id, import_id)
);
create unique index imports_one_unfinished on imports (tenant_id) where state in ('receiving', 'queued', 'checking', 'writing');
create index imports_unfinished on imports (created_at) where state in ('queued', 'checking', 'writing');  -- the runners' queue
create index imports_finished on imports (finished_at) where finished_at is not null;                      -- forgetting them
create index imports_receiving on imports (touched_at) where state = 'receiving';                          -- giving them up
select own_by_tenant('imports', 'select, delete', 'select, update, delete');
-- Who is in what state decides who may write: only the pipeline says so, and start_import().
grant insert (tenant_id, import_id, source, created_at, created_by), update (parts, bytes, touched_at, revision)
    on imports to winnow_api;
create policy owner_imports on imports to winnow_owner using (true) with check (true);

-- The archive's bytes as they came, one part behind the other. Those of an import that has ended, or was deleted, go in
-- bounded steps, by a chore: GiB are too much for the request that deletes it.
create table import_parts (
    tenant_id uuid    not null references tenants on delete cascade,
    import_id uuid    not null,  -- no foreign key: the parts outlive their import
    number    integer not null check (number >= 0),
    bytes     bytea   not null check (octet_length(bytes) between 1 and 524288),
    primary key (tenant_id, import_id, number)
);
alter table import_parts alter column bytes set storage external;  -- it is compressed already
select own_by_tenant('import_parts', 'select, insert, update', 'select, delete');
create policy owner_imports on import_parts to winnow_owner using (true) with check (true);

-- Whether all parts are there, and it was not begun yet: it is queued then.
create function start_import(a_import uuid) returns boolean
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    update imports i set state = 'queued', touched_at = now(), revision = revision + 1
     where i.tenant_id = current_tenant() and i.import_id = a_import and i.state = 'receiving' and i.parts > 0
       and i.parts - 1 = (select max(p.number) from import_parts p
                           where p.tenant_id = i.tenant_id and p.import_id = i.import_id);
    return found;
end $$;

-- ---------------------------------------------------------------- writing

-- Lets import_rows() write into a table: of the transaction's own tenant. One more table that is exported needs it, too.
create function let_import(named regclass) returns void
    language plpgsql set search_path = public, pg_temp as $$
begin
    execute format('create policy owner_imports on %s for insert to winnow_owner
                    with check (tenant_id = (select current_tenant()))', named);
end $$;

do $$
declare
    name text;
begin
    foreach name in array array['users', 'api_keys', 'integrations', 'integration_keys', 'access_keys', 'scim_tokens',
                                'scim_users', 'credential_use', 'contacts', 'contact_groups', 'contact_group_members', 'default_route', 'rules', 'rule_versions',
                                'ruleset_versions', 'rule_stats', 'silences', 'maintenance_windows', 'inhibitions',
                                'suppression_stats', 'backtests', 'tickets', 'ticket_events', 'owed_events', 'notices',
                                'deliveries', 'noise_counts']
    loop
        perform let_import(name::regclass);
    end loop;
    -- A tenant has one row of these, which the archive's takes the place of.
    foreach name in array array['tenant_settings', 'source_networks', 'ticket_numbers'] loop
        execute format('create policy owner_imports on %I to winnow_owner using (tenant_id = (select current_tenant()))
                        with check (tenant_id = (select current_tenant()))', name);
    end loop;
end $$;

-- A ticket may come before the one that it belongs to.
do $$
declare
    refers name;
begin
    select conname into strict refers from pg_constraint
     where conrelid = 'tickets'::regclass and confrelid = 'tickets'::regclass and contype = 'f';
    execute format('alter table tickets alter constraint %I deferrable initially immediate', refers);
end $$;

-- Whether this is an import that a runner is writing: of the transaction's tenant.
create function is_importing(a_import uuid, a_runner text, a_attempt integer) returns boolean
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select exists (select from imports i
                        where i.tenant_id = current_tenant() and i.import_id = a_import and i.runner = a_runner
                          and i.attempt = a_attempt and i.state = 'writing');
    end;

-- Rows as to_jsonb() writes them, all with the members of the first one. What counts itself (identities) is counted anew.
-- By the owner: no serving role may write all of these tables, and none may write any of them but while a runner imports.
create function import_rows(a_import uuid, a_runner text, a_attempt integer, a_table text, a_rows jsonb) returns void
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    merged constant boolean := a_table in ('tenant_settings', 'source_networks', 'ticket_numbers');
    us constant text := txid_current()::text || current_tenant()::text;
    columns text;
    changes text;
begin
    if not is_importing(a_import, a_runner, a_attempt) then
        raise exception 'nobody writes that import' using errcode = 'object_not_in_prerequisite_state';
    end if;
    if not exists (select from pg_policies p
                    where p.schemaname = 'public' and p.tablename = a_table and p.policyname = 'owner_imports')
       or a_table in ('imports', 'import_parts') then
        raise exception 'nothing is imported into that table' using errcode = 'object_not_in_prerequisite_state';
    end if;
    select string_agg(quote_ident(a.attname), ', ' order by a.attnum),
           string_agg(format(case when a.attname = 'version' then '%1$I = greatest(t.%1$I, excluded.%1$I) + 1'
                                  else '%1$I = excluded.%1$I' end, a.attname), ', ' order by a.attnum)
      into columns, changes
      from pg_attribute a
     where a.attrelid = format('public.%I', a_table)::regclass and a.attnum > 0 and not a.attisdropped
       and a.attgenerated = '' and a.attidentity = '' and a.attname <> 'tenant_id' and a_rows->0 ? a.attname::text;
    -- Lists that are there are never lost: an empty one of the archive's replaces none, and what was last kept comes back
    -- where nobody keeps the archive's.
    if a_table = 'source_networks' then
        changes := 'old_users = coalesce(t.old_users, t.users), old_admins = coalesce(t.old_admins, t.admins),
                    old_keys = coalesce(t.old_keys, t.keys), revert_at = excluded.revert_at,
                    users = case when excluded.users = ''{}'' then t.users else excluded.users end,
                    admins = case when excluded.admins = ''{}'' then t.admins else excluded.admins end,
                    keys = case when excluded.keys = ''{}'' then t.keys else excluded.keys end
                    where excluded.revert_at is not null';
    end if;
    -- Triggers would write the tenant's row, and hold it for as long as the import takes: finish_import() does, once.
    perform set_config('winnow.config_changed', us, true);
    perform set_config('winnow.credentials_changed', us, true);
    execute format('insert into %1$I as t (tenant_id, %2$s) select $1, %2$s from jsonb_populate_recordset(null::%1$I, $2)',
                   a_table, columns)
            || case when merged then ' on conflict (tenant_id) do update set ' || changes else '' end
      using current_tenant(), a_rows;
end $$;

-- Rows of the journal and their verdicts, into a stream that nobody replays.
create function import_alerts(a_import uuid, a_runner text, a_attempt integer, a_stream integer, ats timestamptz[],
                              seqs bigint[], counts integer[], payloads bytea[], judged bytea[]) returns void
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if not is_importing(a_import, a_runner, a_attempt)
       or not exists (select from journal_streams s
                       where s.stream = a_stream and s.node = 'imported' and s.ended_at is not null) then
        raise exception 'nobody writes that import' using errcode = 'object_not_in_prerequisite_state';
    end if;
    insert into journal (tenant_id, received_at, stream, seq, alert_count, payload)
    select current_tenant(), u.at, a_stream, u.seq, u.number, u.payload
      from unnest(ats, seqs, counts, payloads) as u (at, seq, number, payload);
    insert into verdicts (tenant_id, received_at, stream, seq, payload)
    select current_tenant(), u.at, a_stream, u.seq, u.payload from unnest(ats, seqs, judged) as u (at, seq, payload);
    delete from alerts_forgotten where tenant_id = current_tenant();  -- from the oldest on again
end $$;

-- It is done; its archive goes by and by. False: it is not that runner's any more, and what was written must not stay.
create function finish_import(a_import uuid, a_runner text, a_attempt integer, a_rows bigint) returns boolean
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    update imports i
       set state = 'done', rows_done = a_rows, rows_total = a_rows, finished_at = clock_timestamp(),
           touched_at = clock_timestamp(), revision = revision + 1
     where i.tenant_id = current_tenant() and i.import_id = a_import and i.runner = a_runner and i.attempt = a_attempt
       and i.state = 'writing';
    if not found then
        return false;
    end if;
    update tenants set config_version = config_version + 1, credentials_version = credentials_version + 1,
                       imported_from = least(imported_from, kept_from(tenant_id, 'journal', 90))
     where tenant_id = current_tenant();
    perform pg_notify('winnow_config', current_tenant()::text), pg_notify('winnow_credentials', current_tenant()::text);
    return true;
end $$;

-- The first of the rows that the table itself would refuse, counted from 1, and by which of its checks; nothing where it
-- takes all of them. Nothing is written.
create function import_problem(a_table text, a_rows jsonb, out place integer, out wrong text)
    language plpgsql stable set search_path = public, pg_temp as $$
declare
    one record;
begin
    for one in
        select c.conname, pg_get_expr(c.conbin, c.conrelid) as condition from pg_constraint c
         where c.conrelid = format('public.%I', a_table)::regclass and c.contype = 'c' order by c.conname
    loop
        execute format('select of_line from (select r.of_line::integer, p.*
                                               from jsonb_array_elements($1) with ordinality as r (line, of_line)
                                              cross join lateral jsonb_populate_record(null::%I, r.line) as p) as t
                         where (%s) is false order by of_line limit 1', a_table, one.condition) into place using a_rows;
        if place is not null then
            wrong := one.conname;
            return;
        end if;
    end loop;
end $$;

revoke all on function start_import, let_import, is_importing, import_rows, import_alerts, finish_import, import_problem
    from public;
grant execute on function start_import, import_rows, import_alerts, finish_import to winnow_api;
grant execute on function import_problem to winnow_pipeline;
