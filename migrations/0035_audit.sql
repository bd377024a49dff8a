-- 0035: who did what: a chain of records a tenant, and one of the provider's own acts (docs/decisions/audit-chain.md).
-- compatible: yes
--
-- A program from before this step goes on as it was, and records nothing.

-- The provider's chain is the nil tenant's. No foreign key: a chain outlives what it tells of.
--
-- `record` is the very text that was hashed: ids only. `detail` holds names, addresses and values; its commitment stands
-- in the record (`x`), so it can be emptied and the chain still verified. What is generated is there to be searched.
create table audit (
    tenant_id uuid        not null,
    seq       bigint      not null check (seq > 0),
    hash      bytea       not null check (octet_length(hash) = 32),
    record    text        not null check (octet_length(record) <= 4096),
    detail    text        check (octet_length(detail) <= 16384),
    salt      bytea       check (octet_length(salt) = 16),
    at        timestamptz not null,
    act       text        not null generated always as (record::jsonb->>'act') stored check (octet_length(act) <= 100),
    actor     text        not null generated always as (record::jsonb->>'actor') stored check (octet_length(actor) <= 100),
    object    text        not null generated always as (record::jsonb->>'on') stored check (octet_length(object) <= 1200),
    primary key (tenant_id, seq),
    check ((detail is null) = (salt is null))
);
create index audit_by_time on audit (tenant_id, at, seq);
create index audit_by_act on audit (tenant_id, act, at, seq);
create index audit_by_actor on audit (tenant_id, actor, at, seq);
create index audit_by_object on audit (tenant_id, object, at, seq);

-- Where each chain ends. `grown`: since its head was signed last; never changed in vain, so that an append touches no index.
create table audit_heads (
    tenant_id uuid    primary key,
    seq       bigint  not null,
    hash      bytea   not null check (octet_length(hash) = 32),
    grown     boolean not null default true
) with (fillfactor = 50);
create index audit_heads_grown on audit_heads (tenant_id) where grown;

-- Heads that were signed.
create table audit_anchors (
    tenant_id uuid        not null,
    seq       bigint      not null,
    hash      bytea       not null check (octet_length(hash) = 32),
    signed_at timestamptz not null,
    key_id    text        not null check (octet_length(key_id) <= 64),
    signature bytea       not null check (octet_length(signature) = 64),
    primary key (tenant_id, seq)
);

do $$
declare
    name text;
begin
    foreach name in array array['audit', 'audit_heads', 'audit_anchors'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy own_tenant on %I to winnow_api
                        using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()))',
                       name);
        execute format('create policy own_chain on %I for select to winnow_provider
                        using (tenant_id = ''00000000-0000-0000-0000-000000000000'')', name);
        -- The functions below run as the owner.
        execute format('create policy owner_chains on %I to winnow_owner using (true) with check (true)', name);
    end loop;
end $$;
create policy every_tenant on audit_heads for select to winnow_pipeline using (true);
grant select on audit, audit_heads, audit_anchors to winnow_api, winnow_provider;
grant select on audit_heads to winnow_pipeline;

-- The next link of a chain. Whoever else wants one waits until this transaction has ended: so it comes last in it.
--
-- hash = SHA-256("winnow-audit/1" ‖ 0x00 ‖ tenant (16) ‖ seq (u64, big-endian) ‖ hash before (32; of the first: zeros) ‖
-- SHA-256(record))
create function audit_link(a_chain uuid, a_record text, a_detail text, a_salt bytea) returns bigint
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    said constant jsonb := a_record::jsonb;
    head record;
    next_seq bigint;
    link bytea;
begin
    if said->>'x' is distinct from encode(sha256(a_salt || convert_to(a_detail, 'UTF8')), 'hex') then
        raise exception 'an audit record does not commit to its detail' using errcode = 'data_exception';
    end if;
    select h.seq, h.hash into head from audit_heads h where h.tenant_id = a_chain for no key update;
    if not found then
        insert into audit_heads (tenant_id, seq, hash) values (a_chain, 0, decode(repeat('00', 32), 'hex'))
            on conflict (tenant_id) do nothing;
        select h.seq, h.hash into strict head from audit_heads h where h.tenant_id = a_chain for no key update;
    end if;
    next_seq := head.seq + 1;
    link := sha256('winnow-audit/1'::bytea || '\x00'::bytea || uuid_send(a_chain) || int8send(next_seq) || head.hash
                   || sha256(convert_to(a_record, 'UTF8')));
    insert into audit (tenant_id, seq, hash, record, detail, salt, at)
    values (a_chain, next_seq, link, a_record, a_detail, a_salt,
            '1970-01-01 00:00:00Z'::timestamptz + interval '1 millisecond' * (said->>'at')::bigint);
    update audit_heads h set seq = next_seq, hash = link, grown = true where h.tenant_id = a_chain;
    return next_seq;
end $$;

-- What a tenant's transaction did.
create function audit_append(a_record text, a_detail text, a_salt bytea) returns bigint
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    tenant constant uuid := current_tenant();
begin
    if tenant is null then
        raise exception 'no tenant to record an act of' using errcode = 'insufficient_privilege';
    end if;
    return audit_link(tenant, a_record, a_detail, a_salt);
end $$;

-- What the provider did.
create function audit_append_provider(a_record text, a_detail text, a_salt bytea) returns bigint
    language sql security definer set search_path = public, pg_temp
    return audit_link('00000000-0000-0000-0000-000000000000', a_record, a_detail, a_salt);

-- Empties details of the tenant's records, which go on being verified, and appends the record that says so. How many were
-- there to be emptied.
create function audit_redact(a_seqs bigint[], a_record text, a_detail text, a_salt bytea) returns bigint
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    emptied bigint;
begin
    if (a_record::jsonb)->>'on' is distinct from 'audit:' || array_to_string(a_seqs, ',') then
        raise exception 'an audit record does not name what is emptied' using errcode = 'data_exception';
    end if;
    perform audit_append(a_record, a_detail, a_salt);  -- checks whose transaction it is
    update audit set detail = null, salt = null
     where tenant_id = current_tenant() and seq = any(a_seqs) and detail is not null
       and seq < (select h.seq from audit_heads h where h.tenant_id = current_tenant());
    get diagnostics emptied = row_count;
    return emptied;
end $$;

-- Stores a head that was signed, if the chain has it, and says so in the provider's chain; false: it has it not, or it is
-- stored already.
create function audit_anchor(a_chain uuid, a_seq bigint, a_hash bytea, a_signed_at timestamptz, a_key_id text,
                             a_signature bytea, a_record text, a_detail text, a_salt bytea) returns boolean
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    is_new boolean;
begin
    if not exists (select from audit a where a.tenant_id = a_chain and a.seq = a_seq and a.hash = a_hash) then
        return false;
    end if;
    insert into audit_anchors (tenant_id, seq, hash, signed_at, key_id, signature)
    values (a_chain, a_seq, a_hash, a_signed_at, a_key_id, a_signature) on conflict do nothing;
    is_new := found;
    -- Whoever holds the head's row makes it grow.
    update audit_heads set grown = false
     where tenant_id in (select h.tenant_id from audit_heads h where h.tenant_id = a_chain and h.seq = a_seq
                            for no key update skip locked);
    if not is_new then
        return false;
    end if;
    -- Of its own heads it says nothing, or it would grow for ever.
    if a_chain <> '00000000-0000-0000-0000-000000000000' then
        perform audit_append_provider(a_record, a_detail, a_salt);
    end if;
    return true;
end $$;

-- Takes what is older than `keep` off the beginning of one chain, up to an anchor, which stays: some `at_once` records, or
-- what lies before the first anchor. How many; 0: there is nothing to take off any chain. Without anchors nothing is.
create function audit_cut(keep interval, at_once bigint) returns bigint
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    aged record;
    cut bigint;
    removed bigint;
begin
    -- Of each chain: its first record, and the first anchor behind that, which must both be old.
    select h.tenant_id, first.seq, anchor.seq as anchored into aged
      from audit_heads h
     cross join lateral (select a.seq, a.at from audit a where a.tenant_id = h.tenant_id order by a.seq limit 1) first
     cross join lateral (select n.seq from audit_anchors n where n.tenant_id = h.tenant_id and n.seq >= first.seq
                          order by n.seq limit 1) anchor
      join audit last on last.tenant_id = h.tenant_id and last.seq = anchor.seq
     where first.at < now() - keep and last.at < now() - keep
     limit 1;
    if not found then
        return 0;
    end if;
    select coalesce(max(n.seq), aged.anchored) into cut
      from audit_anchors n join audit a on a.tenant_id = n.tenant_id and a.seq = n.seq
     where n.tenant_id = aged.tenant_id and n.seq >= aged.seq and n.seq < aged.seq + at_once and a.at < now() - keep;
    delete from audit where tenant_id = aged.tenant_id and seq <= cut;
    get diagnostics removed = row_count;
    delete from audit_anchors where tenant_id = aged.tenant_id and seq < cut;
    return removed;
end $$;

revoke all on function audit_link, audit_append, audit_append_provider, audit_redact, audit_anchor, audit_cut from public;
grant execute on function audit_append, audit_redact to winnow_api;
grant execute on function audit_append_provider to winnow_provider;
grant execute on function audit_anchor, audit_cut to winnow_pipeline;
