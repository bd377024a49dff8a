-- 0052: a tenant's directory keeps its users, by SCIM: the tokens that it shows, and which users are its own.
-- compatible: yes
--
-- A program from before this step knows none of the tokens. Users of a directory are users like others.

create table scim_tokens (
    tenant_id   uuid        not null references tenants on delete cascade,
    token_id    uuid        not null,
    name        text        not null default '' check (char_length(name) <= 200),
    secret_hash bytea       not null check (octet_length(secret_hash) = 32),
    hint        text        not null check (char_length(hint) <= 16),
    role        text        not null check (role in ('viewer', 'operator', 'auditor')),  -- of users whom it makes
    networks    cidr[]      check (cardinality(networks) between 1 and 20),  -- null: everywhere
    created_at  timestamptz not null default now(),
    created_by  text        not null check (char_length(created_by) <= 100),  -- "user:…"
    expires_at  timestamptz not null,
    revoked_at  timestamptz,
    primary key (tenant_id, token_id)
);
create index scim_tokens_by_hash on scim_tokens (secret_hash);  -- of 256 random bits: no two have the same
create index scim_tokens_over on scim_tokens (tenant_id, (least(revoked_at, expires_at)));
select own_by_tenant('scim_tokens', 'select, insert, update, delete', '');
grant select (tenant_id, token_id, revoked_at, expires_at), delete on scim_tokens to winnow_pipeline;
drop policy every_tenant on scim_tokens;
create policy forgets on scim_tokens to winnow_pipeline using (revoked_at is not null or expires_at <= now());
create policy owner_reads on scim_tokens for select to winnow_owner using (true);
create trigger scim_tokens_changed after insert or update or delete on scim_tokens
    for each row execute function credentials_changed();
create trigger scim_tokens_revoked after update or delete on scim_tokens
    for each row when (old.revoked_at is null and old.expires_at > now())
    execute function revoked('k', 'token_id');

-- They are keys of the tenant's as the others are (0048).
create trigger quota_in after insert on scim_tokens for each row when (new.revoked_at is null)
    execute function count_key();
create trigger quota_out after delete on scim_tokens for each row when (old.revoked_at is null)
    execute function count_key();
create trigger quota_change after update on scim_tokens for each row
    when ((old.revoked_at is null) <> (new.revoked_at is null)) execute function count_key();
create or replace function count_keys(a_tenant uuid) returns bigint
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select (select count(*) from api_keys where tenant_id = a_tenant and revoked_at is null)
               + (select count(*) from integration_keys where tenant_id = a_tenant and revoked_at is null)
               + (select count(*) from access_keys where tenant_id = a_tenant and revoked_at is null)
               + (select count(*) from scim_tokens where tenant_id = a_tenant and revoked_at is null);
    end;

-- Users that are the directory's, by what it calls them. Who was removed by it is disabled, and hidden from it until it
-- comes with the same address again.
create table scim_users (
    tenant_id   uuid        not null,
    user_id     uuid        not null,
    user_name   text        not null check (char_length(user_name) between 1 and 254),
    external_id text        not null default '' check (char_length(external_id) <= 254),
    removed_at  timestamptz,
    primary key (tenant_id, user_id),
    foreign key (tenant_id, user_id) references users on delete cascade
);
create unique index scim_users_one_per_name on scim_users (tenant_id, lower(user_name)) where removed_at is null;
create index scim_users_by_external_id on scim_users (tenant_id, external_id) where removed_at is null;
select own_by_tenant('scim_users', 'select, insert, update, delete', '');

-- Beside find_caller(), of keys: whose directory shows the token. Nobody comes into a tenant that is at its end (0057).
create function find_scim_token(hash bytea)
    returns table (tenant_id uuid, service_code text, suspended boolean, rates jsonb, key_id uuid, role text,
                   networks cidr[], expires_at timestamptz, places_of_users cidr[], places_of_admins cidr[],
                   places_of_keys cidr[])
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select t.tenant_id, t.service_code, t.state <> 'active', t.rates, k.token_id, k.role, k.networks, k.expires_at,
               s.users, s.admins, s.keys
          from scim_tokens k
          join tenants t on t.tenant_id = k.tenant_id and t.state <> 'closing'
          left join source_networks s on s.tenant_id = k.tenant_id
         where k.secret_hash = hash and k.revoked_at is null and k.expires_at > now();
    end;
revoke all on function find_scim_token from public;
grant execute on function find_scim_token to winnow_api;

-- One that opens nothing any more and was shown is told to its tenant as other keys are (0046).
create or replace function note_refused_keys(hashes bytea[], ats timestamptz[], untils timestamptz[], addresses text[],
                                             methods text[], routes text[], codes text[], statuses integer[],
                                             counts integer[])
    returns bigint
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    noted bigint;
begin
    with shown as (
        select * from unnest(hashes, ats, untils, addresses, methods, routes, codes, statuses, counts)
            as u (hash, at, until, address, method, route, code, status, times)
    ), known as (
        select s.*, k.tenant_id, 'user:' || k.user_id as actor, 'user_key' as means, k.key_id
          from shown s join api_keys k on k.secret_hash = s.hash
        union all
        select s.*, k.tenant_id, 'integration:' || k.integration_id, 'integration_key', k.key_id
          from shown s join integration_keys k on k.secret_hash = s.hash
        union all
        select s.*, k.tenant_id, 'directory:' || k.token_id, 'directory', k.token_id
          from shown s join scim_tokens k on k.secret_hash = s.hash
    )
    insert into access_log (tenant_id, at, actor, means, key_id, address, method, route, status, code, times, until)
    select n.tenant_id, n.at, n.actor, n.means, n.key_id, n.address, n.method, n.route, n.status, n.code, n.times, n.until
      from known n;
    get diagnostics noted = row_count;
    return noted;
end $$;
