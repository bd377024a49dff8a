-- 0057: the end of a tenant: it is closed, with a time in which its admins take along what it owns, and then erased in steps,
-- with a certificate (docs/decisions/erasure.md).
-- compatible: yes
--
-- A program from before this step shows a tenant that is closing as active, and can neither resume nor suspend it.

-- ---------------------------------------------------------------- states

alter table tenants
    drop constraint tenants_state_check,
    add constraint tenants_state_check check (state in ('active', 'suspended', 'closing', 'erasing')),
    add column closed_at    timestamptz,
    add column export_until timestamptz,
    add constraint tenants_closed check ((state in ('closing', 'erasing')) = (closed_at is not null)
                                         and (closed_at is null) = (export_until is null));

-- As domain::may_become() has it, for every program: no older one resumes what is being erased.
create function tenant_moves() returns trigger
    language plpgsql set search_path = public, pg_temp as $$
begin
    if (old.state, new.state) not in (('active', 'suspended'), ('suspended', 'active'), ('active', 'closing'),
                                      ('suspended', 'closing'), ('closing', 'active'), ('closing', 'erasing')) then
        raise exception 'a tenant does not go from % to %', old.state, new.state
            using errcode = 'object_not_in_prerequisite_state';
    end if;
    return new;
end $$;
revoke all on function tenant_moves from public;
create trigger tenants_move before update of state on tenants
    for each row when (old.state is distinct from new.state) execute function tenant_moves();

-- ---------------------------------------------------------------- erasures

-- What was asked for, and in the end the certificate, which is all that stays. No tenant's, and not by `tenant_id`: it outlives
-- the tenant.
create table erasures (
    erasure_id    uuid        primary key,
    erased_tenant uuid        not null unique,
    service_code  text        not null unique check (service_code ~ '^[a-z0-9]{4,32}$'),
    name          text        not null check (char_length(name) between 1 and 200),
    asked_by      text        not null check (octet_length(asked_by) <= 100),
    asked_means   text        not null check (octet_length(asked_means) <= 100),
    asked_request text        not null check (octet_length(asked_request) <= 200),
    reason        text        not null check (char_length(reason) between 1 and 500),
    closed_at     timestamptz not null,
    export_until  timestamptz not null,
    window_waived boolean     not null,
    asked_at      timestamptz not null default now(),
    begins_at     timestamptz not null,  -- what was under way when nobody was let in any more is over by then
    began_at      timestamptz,
    exported_at   timestamptz,           -- of the last export that was ready
    audit_seq     bigint,                -- where the tenant's own chain ended
    audit_hash    bytea       check (octet_length(audit_hash) = 32),
    keys          bigint[],              -- versions in the vault that were destroyed; null: there is no vault
    finished_at   timestamptz,
    certificate   text        check (octet_length(certificate) <= 1048576),
    key_id        text        check (octet_length(key_id) <= 64),
    signature     bytea       check (octet_length(signature) = 64),
    check (num_nulls(finished_at, certificate, key_id, signature) in (0, 4))
);
create index erasures_unfinished on erasures (begins_at) where finished_at is null;

-- Of an erasure that is under way (domain::erasure_plan()). `relation`: a table; of `pages` it or one of its partitions.
create table erasure_steps (
    erasure_id uuid    not null,
    position   integer not null,
    stage      text    not null check (stage in ('rows', 'pages', 'keys', 'proof', 'certificate')),
    relation   text    not null default '' check (octet_length(relation) <= 63),
    rows       bigint  not null default 0,
    place      timestamptz,                     -- of a partitioned table: what is before it has been looked through
    left_as_is boolean not null default false,  -- pages that are too large to be written anew at once
    done_at    timestamptz,
    primary key (erasure_id, stage, relation)
);
create index erasure_steps_undone on erasure_steps (erasure_id, position, relation) where done_at is null;

grant select, insert on erasures, erasure_steps to winnow_provider;
grant select on erasures, erasure_steps to winnow_pipeline;

-- The service code of a tenant that is gone is nobody else's: old links and old senders carry it.
create function tenant_code_is_free() returns trigger
    language plpgsql set search_path = public, pg_temp as $$
begin
    if exists (select from erasures e where e.service_code = new.service_code) then
        raise exception 'duplicate key value violates unique constraint "tenants_service_code_key"'
            using errcode = 'unique_violation';
    end if;
    return new;
end $$;
revoke all on function tenant_code_is_free from public;
create trigger tenants_code before insert on tenants for each row execute function tenant_code_is_free();

-- ---------------------------------------------------------------- who sees what is being erased

-- The tenant that this transaction erases; null in all others, and of a tenant that is not to be erased. Who says it
-- without being allowed to gains nothing: it holds for the owner's functions alone, of which one deletes.
create function tenant_being_erased() returns uuid
    language sql stable set search_path = public, pg_temp
    return (select t.tenant_id from tenants t
             where t.tenant_id = nullif(current_setting('winnow.erases', true), '')::uuid and t.state = 'erasing');
revoke all on function tenant_being_erased from public;

do $$
declare
    named text;
begin
    for named in select c.relname from pg_class c
                   join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
                  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
                    and c.relname <> 'tenants'
                  order by 1
    loop
        execute format('create policy owner_erases on %I to winnow_owner using (tenant_id = (select tenant_being_erased()))',
                       named);
    end loop;
end $$;
create policy owner_erases on tenants for delete to winnow_owner using (state = 'erasing');

-- Whatever looks for a tenant as the owner does not find it: keys, sessions, service codes, and chores.
create policy hides_what_is_erased on tenants as restrictive for select to winnow_owner
    using (state <> 'erasing' or tenant_id = nullif(current_setting('winnow.erases', true), '')::uuid);

-- As before (0036), with the policy by which a tenant's rows can be erased.
create or replace function own_by_tenant(named regclass, api text, pipeline text) returns void
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
    execute format('create policy owner_erases on %s to winnow_owner using (tenant_id = (select tenant_being_erased()))',
                   named);
    if api <> '' then
        execute format('grant %s on %s to winnow_api', api, named);
    end if;
    if pipeline <> '' then
        execute format('grant %s on %s to winnow_pipeline', pipeline, named);
    end if;
end $$;

-- ---------------------------------------------------------------- who gets in

-- As before (0044). Of a tenant that is closing only admins get in, as into one that is suspended.
create or replace function find_caller(hash bytea)
    returns table (kind text, tenant_id uuid, service_code text, suspended boolean, rates jsonb, key_id uuid,
                   subject_id uuid, subject_name text, email text, role text, scopes text[], networks cidr[],
                   expires_at timestamptz)
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select 'integration', t.tenant_id, t.service_code, t.state <> 'active', t.rates, k.key_id,
               i.integration_id, i.name, null::text, null::text, null::text[], k.networks, k.expires_at
          from integration_keys k
          join integrations i on i.tenant_id = k.tenant_id and i.integration_id = k.integration_id and i.enabled
          join tenants t on t.tenant_id = k.tenant_id
         where k.secret_hash = hash and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
        union all
        select 'user', t.tenant_id, t.service_code, t.state <> 'active', t.rates, k.key_id,
               u.user_id, u.name, u.email, case when u.audits then 'auditor' else u.role end, k.scopes, k.networks,
               k.expires_at
          from api_keys k
          join users u on u.tenant_id = k.tenant_id and u.user_id = k.user_id and u.state = 'active'
          join tenants t on t.tenant_id = k.tenant_id and (t.state <> 'closing' or u.role = 'admin')
         where k.secret_hash = hash and k.revoked_at is null and (k.expires_at is null or k.expires_at > now());
    end;

-- As before (0040), and likewise.
create or replace function find_session(hash bytea)
    returns table (tenant_id uuid, service_code text, suspended boolean, rates jsonb, session_id uuid, user_id uuid,
                   user_name text, email text, role text, state text, amr text, authenticated_at timestamptz,
                   created_at timestamptz, last_seen_at timestamptz, expires_at timestamptz, session_idle_ms bigint,
                   session_idle_viewer_ms bigint, at timestamptz)
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select t.tenant_id, t.service_code, t.state <> 'active', t.rates, s.session_id, u.user_id, u.name, u.email,
               case when u.audits then 'auditor' else u.role end, s.state, array_to_string(s.amr, ' '),
               s.authenticated_at, s.created_at, s.last_seen_at, s.expires_at, coalesce(p.session_idle_ms, 1800000),
               p.session_idle_viewer_ms, clock_timestamp()
          from sessions s
          join users u on u.tenant_id = s.tenant_id and u.user_id = s.user_id and u.state = 'active'
          join tenants t on t.tenant_id = s.tenant_id and (t.state <> 'closing' or u.role = 'admin')
          left join tenant_settings p on p.tenant_id = s.tenant_id
         where s.token_hash = hash and s.state <> 'ended';
    end;

-- With whether it is closing: then only its admins sign in.
drop function tenant_of_code(text);
create function tenant_of_code(code text) returns table (tenant_id uuid, name text, suspended boolean, closing boolean)
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select t.tenant_id, t.name, t.state <> 'active', t.state = 'closing' from tenants t where t.service_code = code;
    end;

-- As before (0040), of tenants that there are still.
create or replace function tenant_of_link(hash bytea) returns uuid
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select t.tenant_id from tenants t
         where t.tenant_id in (select i.tenant_id from invitations i
                                where i.token_hash = hash and i.state = 'pending' and i.expires_at > now()
                               union all
                               select o.tenant_id from one_time_tokens o
                                where o.token_hash = hash and o.used_at is null and o.expires_at > now())
         limit 1;
    end;
revoke all on function tenant_of_code from public;
grant execute on function tenant_of_code to winnow_api;

-- As before (0035). 0: the tenant is being erased, or is gone, and nothing is written into its chain any more.
create or replace function audit_append(a_record text, a_detail text, a_salt bytea) returns bigint
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    tenant constant uuid := current_tenant();
begin
    if tenant is null then
        raise exception 'no tenant to record an act of' using errcode = 'insufficient_privilege';
    end if;
    if not exists (select from tenants t where t.tenant_id = tenant and t.state <> 'erasing') then
        return 0;
    end if;
    return audit_link(tenant, a_record, a_detail, a_salt);
end $$;

-- ---------------------------------------------------------------- the steps

-- Does a part of a step of the stage `rows` or `proof`: at most `at_once` rows of one table go, in one statement. How many. Of a
-- partitioned table one partition at a time is looked into, and 50 at most that have nothing: so no call takes locks of
-- all days. What may ever have held some of its rows is to be written anew: also what went before has left its bytes. Where
-- the proof found some, all is looked through once more.
create function erase_rows(a_erasure uuid, a_stage text, a_table text, at_once integer) returns bigint
    language plpgsql security definer set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    pages_position constant integer := 10000;
    tenant uuid;
    since timestamptz;
    step erasure_steps;
    is_whole boolean;
    on_time text;
    part record;
    looked integer := 0;
    reached timestamptz;
    removed bigint := 0;
    loosened bigint := 0;
    touched text;
    is_done boolean;
begin
    select e.erased_tenant into tenant from erasures e
     where e.erasure_id = a_erasure and e.finished_at is null and e.begins_at <= now();
    perform set_config('winnow.erases', coalesce(tenant::text, ''), true);
    if tenant is distinct from tenant_being_erased() or tenant is null or a_stage not in ('rows', 'proof') then
        raise exception 'there is nothing to be erased' using errcode = 'insufficient_privilege';
    end if;
    select * into step from erasure_steps s
     where s.erasure_id = a_erasure and s.stage = a_stage and s.relation = a_table and s.done_at is null for update;
    if not found then
        return 0;
    end if;
    select c.relkind = 'r' into is_whole from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
     where c.relnamespace = 'public'::regnamespace and c.relname = a_table and c.relkind in ('r', 'p')
       and not c.relispartition and c.relname <> 'tenants';
    if not found then
        raise exception 'tenants have no table %', a_table using errcode = 'undefined_table';
    end if;
    update erasures e set began_at = now() where e.erasure_id = a_erasure and e.began_at is null;

    -- What the certificate says of it, before it goes.
    if a_table = 'exports' then
        update erasures e
           set exported_at = (select max(x.finished_at) from exports x where x.tenant_id = tenant and x.state = 'ready')
         where e.erasure_id = a_erasure and e.exported_at is null;
    elsif a_table = 'audit_heads' then
        update erasures e set audit_seq = h.seq, audit_hash = h.hash from audit_heads h
         where e.erasure_id = a_erasure and h.tenant_id = tenant and h.seq > 0;
    end if;

    -- Tickets refer to each other: none may go before those below it, so they are let go of each other first.
    if a_table = 'tickets' then
        update tickets set parent_id = null
         where ctid = any(array(select t.ctid from tickets t
                                 where t.tenant_id = tenant and t.parent_id is not null limit at_once));
        get diagnostics loosened = row_count;
    end if;

    -- Rows are named by ctid, which means something in one table, and in one partition.
    if loosened > 0 then
        is_done := false;
    elsif is_whole then
        execute format('delete from %1$I where ctid = any(array(select x.ctid from %1$I x where x.tenant_id = $1 limit $2))',
                       a_table) using tenant, at_once;
        get diagnostics removed = row_count;
        touched := a_table;
        is_done := removed < at_once;
    else
        select a.attname into strict on_time from pg_partitioned_table p
          join pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
         where p.partrelid = format('public.%I', a_table)::regclass;
        for part in
            select c.relname, b.lower_end, b.upper_end
              from pg_inherits i join pg_class c on c.oid = i.inhrelid
             cross join lateral pg_get_expr(c.relpartbound, c.oid) as bounds
             cross join lateral (
                select substring(bounds from 'FROM \(''([^'']+)''\)')::timestamptz as lower_end,
                       substring(bounds from 'TO \(''([^'']+)''\)')::timestamptz as upper_end) b
             where i.inhparent = format('public.%I', a_table)::regclass
               and b.upper_end > coalesce(step.place, '-infinity')
             order by b.lower_end limit 51
        loop
            looked := looked + 1;
            if looked > 50 then
                reached := part.lower_end;
                exit;
            end if;
            execute format('delete from %1$I where %2$I >= $2 and %2$I < $3 and ctid = any(array(
                                select x.ctid from %1$I x
                                 where x.tenant_id = $1 and x.%2$I >= $2 and x.%2$I < $3 limit $4))', a_table, on_time)
                using tenant, part.lower_end, part.upper_end, at_once;
            get diagnostics removed = row_count;
            if removed > 0 then
                touched := part.relname;
                reached := case when removed < at_once then part.upper_end else part.lower_end end;
                exit;
            end if;
        end loop;
        is_done := reached is null;
    end if;

    update erasure_steps s
       set rows = s.rows + case when a_stage = 'rows' then removed else 0 end, place = reached,
           done_at = case when is_done then clock_timestamp() end
     where s.erasure_id = a_erasure and s.stage = a_stage and s.relation = a_table;
    if removed > 0 then
        insert into erasure_steps as s (erasure_id, position, stage, relation)
        values (a_erasure, pages_position, 'pages', touched)
            on conflict (erasure_id, stage, relation) do update set done_at = null, left_as_is = false;
    end if;
    if is_done and a_stage = 'rows' then
        select least(t.created_at, t.imported_from) into strict since from tenants t where t.tenant_id = tenant;
        insert into erasure_steps (erasure_id, position, stage, relation)
        select a_erasure, pages_position, 'pages', a_table where is_whole
         union all
        select a_erasure, pages_position, 'pages', c.relname
          from pg_inherits i join pg_class c on c.oid = i.inhrelid
         where i.inhparent = format('public.%I', a_table)::regclass
           and substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''([^'']+)''\)')::timestamptz > since
            on conflict (erasure_id, stage, relation) do nothing;
    end if;
    if removed > 0 and a_stage = 'proof' then
        update erasure_steps s set rows = s.rows + removed, done_at = clock_timestamp()
         where s.erasure_id = a_erasure and s.stage = 'rows' and s.relation = a_table;
        update erasure_steps s set done_at = null, place = null
         where s.erasure_id = a_erasure and s.stage = 'proof';
    end if;
    return removed;
end $$;

-- Writes a table or partition anew, so that neither its pages nor those of its indexes and of what is
-- stored beside it keep their bytes, and measures it, so that no sample of them is kept either. Nobody reads or writes it
-- meanwhile: one of more than `most` bytes is left as it is. False: it was.
create function erase_pages(a_erasure uuid, a_relation text, most bigint) returns boolean
    language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '50ms' as $$
declare
    key text;
    size bigint;
    fits boolean := true;
begin
    perform 1 from erasure_steps s join erasures e on e.erasure_id = s.erasure_id and e.finished_at is null
      where s.erasure_id = a_erasure and s.stage = 'pages' and s.relation = a_relation and s.done_at is null
        for update of s;
    if not found then
        return true;
    end if;
    select x.relname, pg_total_relation_size(c.oid) into key, size
      from pg_class c
      join pg_index i on i.indrelid = c.oid and i.indisprimary
      join pg_class x on x.oid = i.indexrelid
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname = a_relation;
    if found then  -- a partition may have gone as a whole meanwhile
        fits := size <= most;
        if fits then
            execute format('cluster %I using %I', a_relation, key);
            execute format('alter table %I set without cluster', a_relation);
            execute format('analyze %I', a_relation);
        end if;
    end if;
    update erasure_steps s set done_at = clock_timestamp(), left_as_is = not fits
     where s.erasure_id = a_erasure and s.stage = 'pages' and s.relation = a_relation;
    return fits;
end $$;

-- The tenant's keys in the vault were destroyed: these versions; null: there is no vault.
create function erased_keys(a_erasure uuid, versions bigint[]) returns void
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    update erasure_steps s set done_at = clock_timestamp()
     where s.erasure_id = a_erasure and s.stage = 'keys' and s.done_at is null;
    if found then
        update erasures e set keys = versions where e.erasure_id = a_erasure and e.finished_at is null;
    end if;
end $$;

-- The last step: the certificate is stored, and the tenant is no more; recorded in the provider's chain. False: something
-- is to be done before it: of a table that the plan did not know there are steps now.
create function finish_erasure(a_erasure uuid, a_certificate text, a_key_id text, a_signature bytea,
                               a_record text, a_detail text, a_salt bytea) returns boolean
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    after_known constant integer := 9000;
    proofs_apart constant integer := 30000;
    tenant uuid;
    added bigint;
begin
    select e.erased_tenant into tenant from erasures e
     where e.erasure_id = a_erasure and e.finished_at is null for update;
    perform set_config('winnow.erases', coalesce(tenant::text, ''), true);
    if tenant is null or tenant is distinct from tenant_being_erased() then
        raise exception 'there is nothing to be erased' using errcode = 'insufficient_privilege';
    end if;
    if (a_record::jsonb)->>'act' is distinct from 'tenant.erased'
       or (a_record::jsonb)->>'on' is distinct from 'tenant:' || tenant then
        raise exception 'an audit record does not say what is done' using errcode = 'data_exception';
    end if;
    insert into erasure_steps (erasure_id, position, stage, relation)
    select a_erasure, s.position, s.stage, c.relname
      from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
     cross join (values (after_known, 'rows'), (proofs_apart + after_known, 'proof')) as s (position, stage)
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and c.relname <> 'tenants'
        on conflict (erasure_id, stage, relation) do nothing;
    get diagnostics added = row_count;
    if added > 0 or exists (select from erasure_steps s
                             where s.erasure_id = a_erasure and s.stage <> 'certificate' and s.done_at is null) then
        return false;
    end if;
    delete from tenants t where t.tenant_id = tenant;
    update erasures e
       set finished_at = now(), certificate = a_certificate, key_id = a_key_id, signature = a_signature
     where e.erasure_id = a_erasure;
    delete from erasure_steps s where s.erasure_id = a_erasure;
    perform pg_notify('winnow_config', tenant::text), pg_notify('winnow_credentials', tenant::text);
    perform audit_append_provider(a_record, a_detail, a_salt);
    return true;
end $$;

revoke all on function erase_rows, erase_pages, erased_keys, finish_erasure from public;
grant execute on function erase_rows, erase_pages, erased_keys, finish_erasure to winnow_pipeline;
