-- 0029: a session is put on a tenant by who holds a key, not by who can say set_config.
-- compatible: yes
--
-- Until now row-level security believed the setting winnow.tenant_id, which any SQL can write. From here on a second one,
-- winnow.tenant_proof, goes with it: HMAC-SHA256 over the tenant, the backend and the moment the transaction began. It is
-- good for that one transaction (docs/decisions/proven-tenants.md). Nodes from before this step know nothing of it: beside
-- them a tenant without a proof is believed, until require_tenant_proofs() has found that there are none any more.

-- The key: one row. Whoever may read it sees every tenant anyway; winnow_api, whom this is about, may not.
create table tenant_key (
    one       boolean primary key default true check (one),
    key       bytea   not null check (octet_length(key) = 32),
    inner_pad bytea   not null check (octet_length(inner_pad) = 64),  -- the key, as HMAC (RFC 2104) mixes it in
    outer_pad bytea   not null check (octet_length(outer_pad) = 64),
    required  boolean not null default false,  -- a tenant without a proof is refused
    -- The key before, which is good for transactions that began before that moment.
    last_inner_pad bytea,
    last_outer_pad bytea,
    last_until     timestamptz not null default '-infinity'
);
grant select (key, required) on tenant_key to winnow_pipeline;

-- A new key. What begins more than a second later is refused with the old one (the second is for this to commit in), and
-- nodes read the new one then: no request fails for it.
create function renew_tenant_key() returns void
    language plpgsql set search_path = public, pg_temp as $$
declare
    -- 366 bits of PostgreSQL's strong random numbers.
    fresh constant bytea := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
    inside bytea := decode(repeat('36', 64), 'hex');
    outside bytea := decode(repeat('5c', 64), 'hex');
begin
    for i in 0..31 loop
        inside := set_byte(inside, i, get_byte(inside, i) # get_byte(fresh, i));
        outside := set_byte(outside, i, get_byte(outside, i) # get_byte(fresh, i));
    end loop;
    insert into tenant_key (key, inner_pad, outer_pad) values (fresh, inside, outside)
        on conflict (one) do update
           set key = excluded.key, inner_pad = excluded.inner_pad, outer_pad = excluded.outer_pad,
               last_inner_pad = tenant_key.inner_pad, last_outer_pad = tenant_key.outer_pad,
               last_until = clock_timestamp() + interval '1 second';
end $$;
revoke all on function renew_tenant_key from public;
select renew_tenant_key();

-- The tenant this transaction is about; NULL (so: no row visible) where none was set. Policies ask by a sub-select, which is
-- evaluated once a statement. Both digests are hashed before they are compared: who guesses learns nothing from the time it
-- takes. Not `parallel safe`: a worker's process is not the one that the proof names.
create or replace function current_tenant() returns uuid
    language plpgsql stable parallel restricted security definer set search_path = public, pg_temp as $$
declare
    said constant text := current_setting('winnow.tenant_id', true);
    proof constant text := current_setting('winnow.tenant_proof', true);
    known record;
    tried bytea;
    about bytea;
begin
    if said is null or said = '' then
        return null;
    end if;
    select required, inner_pad, outer_pad, last_inner_pad, last_outer_pad, last_until into strict known from tenant_key;
    if proof is null or proof = '' then
        if known.required then
            raise exception 'no proof of the tenant' using errcode = 'insufficient_privilege';
        end if;
        return said::uuid;
    end if;
    tried := sha256(decode(proof, 'hex'));
    about := uuid_send(said::uuid) || int4send(pg_backend_pid()) || timestamptz_send(now());
    if tried is distinct from sha256(sha256(known.outer_pad || sha256(known.inner_pad || about))) then
        if now() >= known.last_until or known.last_inner_pad is null
           or tried is distinct from sha256(sha256(known.last_outer_pad || sha256(known.last_inner_pad || about))) then
            raise exception 'a wrong proof of the tenant' using errcode = 'insufficient_privilege';
        end if;
    end if;
    return said::uuid;
end $$;
revoke all on function current_tenant() from public;
grant execute on function current_tenant() to winnow_api;

do $$
declare
    policy record;
begin
    for policy in select tablename from pg_policies
                   where schemaname = 'public' and policyname = 'own_tenant' order by tablename loop
        execute format('alter policy own_tenant on %I using (tenant_id = (select current_tenant()))
                        with check (tenant_id = (select current_tenant()))', policy.tablename);
    end loop;
end $$;

-- Whoever looks a key up has to know its tenant's rates before it can be on that tenant. By the tenant's id, as programs
-- from before this step ask for them, anybody in a session had them.
create function rates_of_credential(hash bytea) returns jsonb
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select t.rates from find_credential(hash) c join tenants t on t.tenant_id = c.tenant_id;
    end;
revoke all on function rates_of_credential from public;
grant execute on function rates_of_credential to winnow_api;

create or replace function rates_of_tenant(asked uuid) returns jsonb
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select case when (select required from tenant_key) then '{}' else rates end from tenants where tenant_id = asked;
    end;

-- Whether the node that opened this stream proves tenants. One from before this step does not say so.
alter table journal_streams add column proves_tenants boolean not null default false;

-- True from the moment on in which no older program has written a stream for five minutes; from then on a tenant without a
-- proof is refused, and this step is none that a program may do without. (One that lost its stream for a moment opens
-- another.) Nodes ask, and `winnow migrate`.
create function require_tenant_proofs() returns boolean
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if (select required from tenant_key) then
        return true;
    end if;
    if exists (select from journal_streams
                where not proves_tenants and (ended_at is null or ended_at > now() - interval '5 minutes')) then
        return false;
    end if;
    update tenant_key set required = true;
    update schema_migrations set compatible = false where name like '%\_tenant\_proofs';
    return true;
end $$;
revoke all on function require_tenant_proofs from public;
grant execute on function require_tenant_proofs to winnow_pipeline;
