-- 0051: access keys, by whose secrets requests of the compatibility API (/uom) are signed.
-- compatible: yes
--
-- A program from before this step knows none of them, and notes no uses of them.

-- Of a user or of an integration. The secret is sealed, not hashed: a signature is checked with the secret itself. What
-- it is found by, `access_key`, is 100 random bits: no two have the same.
create table access_keys (
    tenant_id      uuid        not null,
    access_key_id  uuid        not null,
    access_key     text        not null check (access_key ~ '^[A-Z2-7]{20}$'),
    user_id        uuid,
    integration_id uuid,
    name           text        not null default '' check (char_length(name) <= 200),
    sealed_secret  bytea       not null check (octet_length(sealed_secret) between 1 and 256),
    networks       cidr[]      check (cardinality(networks) between 1 and 20),  -- null: everywhere
    created_at     timestamptz not null default now(),
    created_by     text        not null check (char_length(created_by) <= 100),  -- "user:…"
    expires_at     timestamptz not null,
    revoked_at     timestamptz,
    primary key (tenant_id, access_key_id),
    foreign key (tenant_id, user_id) references users on delete cascade,
    foreign key (tenant_id, integration_id) references integrations on delete cascade,
    check (num_nonnulls(user_id, integration_id) = 1)
);
create index access_keys_by_user on access_keys (tenant_id, user_id) where user_id is not null;
create index access_keys_by_integration on access_keys (tenant_id, integration_id) where integration_id is not null;
create index access_keys_over on access_keys (tenant_id, (least(revoked_at, expires_at)));
select own_by_tenant('access_keys', 'select, insert, update, delete', '');
-- Of all tenants, for whose key it is nobody knows yet who looks it up. It tells nothing: nobody chooses a name, nor
-- brings one along (an import draws others).
create unique index access_keys_by_name on access_keys (access_key);
-- Who seals anew sees what is sealed, and who forgets deletes only what opens nothing any more: neither sees whose they are.
grant select (tenant_id, access_key_id, sealed_secret, revoked_at, expires_at), update (sealed_secret), delete
    on access_keys to winnow_pipeline;
drop policy every_tenant on access_keys;
create policy reseals on access_keys for update to winnow_pipeline using (true) with check (true);
create policy pipeline_reads on access_keys for select to winnow_pipeline using (true);
create policy forgets on access_keys for delete to winnow_pipeline
    using (revoked_at is not null or expires_at <= now());
create policy owner_reads on access_keys for select to winnow_owner using (true);
create index access_keys_by_key_version on access_keys (tenant_id, sealed_key_version(sealed_secret), access_key_id)
    where sealed_key_version(sealed_secret) is not null;
create index access_keys_without_tenant_key on access_keys (tenant_id, access_key_id)
    where sealed_key_version(sealed_secret) = 0;

-- A secret that is sealed under another key (0045) is the same secret.
create trigger access_keys_changed after insert or delete on access_keys
    for each row execute function credentials_changed();
create trigger access_keys_updated after update on access_keys
    for each row when (to_jsonb(old) - 'sealed_secret' is distinct from to_jsonb(new) - 'sealed_secret')
    execute function credentials_changed();
create trigger access_keys_revoked after update on access_keys
    for each row when (old.revoked_at is null and old.expires_at > now()
                       and to_jsonb(old) - 'sealed_secret' is distinct from to_jsonb(new) - 'sealed_secret')
    execute function revoked('k', 'access_key_id');
create trigger access_keys_deleted after delete on access_keys
    for each row when (old.revoked_at is null and old.expires_at > now())
    execute function revoked('k', 'access_key_id');

-- They are keys of the tenant's as the others are (0048).
create trigger quota_in after insert on access_keys for each row when (new.revoked_at is null)
    execute function count_key();
create trigger quota_out after delete on access_keys for each row when (old.revoked_at is null)
    execute function count_key();
create trigger quota_change after update on access_keys for each row
    when ((old.revoked_at is null) <> (new.revoked_at is null)) execute function count_key();
create function count_keys(a_tenant uuid) returns bigint
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select (select count(*) from api_keys where tenant_id = a_tenant and revoked_at is null)
               + (select count(*) from integration_keys where tenant_id = a_tenant and revoked_at is null)
               + (select count(*) from access_keys where tenant_id = a_tenant and revoked_at is null);
    end;
revoke all on function count_keys from public;
create or replace function count_for_quota(a_tenant uuid, a_name text) returns bigint
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select case a_name
               when 'users' then (select count(*) from users where tenant_id = a_tenant and deleted_at is null)
               when 'keys' then count_keys(a_tenant)
               when 'integrations' then (select count(*) from integrations where tenant_id = a_tenant)
               when 'contacts' then (select count(*) from contacts where tenant_id = a_tenant)
               when 'contact_groups' then (select count(*) from contact_groups where tenant_id = a_tenant)
               when 'rules' then (select count(*) from rules where tenant_id = a_tenant)
               when 'maintenance_windows' then (select count(*) from maintenance_windows where tenant_id = a_tenant)
               when 'inhibitions' then (select count(*) from inhibitions where tenant_id = a_tenant)
               when 'deliveries' then (select count(*) from deliveries where tenant_id = a_tenant and state = 'pending')
                                      + (select count(*) from deliveries where tenant_id = a_tenant and state = 'sending')
               end;
    end;

-- What a signed request names: whose key it is, with all that limits it, and the tenant's own lists (0047; null: it has
-- none). Of a tenant that is at its end (0057) nobody's but its admins' opens anything.
create function find_access_key(named text)
    returns table (tenant_id uuid, service_code text, suspended boolean, rates jsonb, key_id uuid, sealed_secret bytea,
                   integration_id uuid, integration_name text, user_id uuid, user_name text, email text, role text,
                   networks cidr[], expires_at timestamptz, places_of_users cidr[], places_of_admins cidr[],
                   places_of_keys cidr[])
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select t.tenant_id, t.service_code, t.state <> 'active', t.rates, k.access_key_id, k.sealed_secret,
               i.integration_id, i.name, u.user_id, u.name, u.email, case when u.audits then 'auditor' else u.role end,
               k.networks, k.expires_at, s.users, s.admins, s.keys
          from access_keys k
          join tenants t on t.tenant_id = k.tenant_id
          left join source_networks s on s.tenant_id = k.tenant_id
          left join integrations i on i.tenant_id = k.tenant_id and i.integration_id = k.integration_id and i.enabled
          left join users u on u.tenant_id = k.tenant_id and u.user_id = k.user_id and u.state = 'active'
                           and (t.state <> 'closing' or u.role = 'admin')
         where k.access_key = named and k.revoked_at is null and k.expires_at > now()
           and num_nonnulls(i.integration_id, u.user_id) = 1;
    end;
revoke all on function find_access_key from public;
grant execute on function find_access_key to winnow_api;

-- Their uses are noted as those of other keys are.
alter table credential_use
    drop constraint credential_use_kind_check,
    add constraint credential_use_kind_check check (kind in ('user', 'integration', 'access')),
    add column access_key_id uuid generated always as (case when kind = 'access' then credential_id end) stored,
    add foreign key (tenant_id, access_key_id) references access_keys on delete cascade;
create index credential_use_access_keys on credential_use (tenant_id, access_key_id) where access_key_id is not null;

create or replace function note_credential_use(tenants uuid[], kinds text[], ids uuid[], minutes timestamptz[])
    returns void language sql security definer set search_path = public, pg_temp
    begin atomic
        insert into credential_use (tenant_id, kind, credential_id, used_at)
        select u.tenant_id, u.kind, u.id, u.used_at
          from unnest(tenants, kinds, ids, minutes) as u (tenant_id, kind, id, used_at)
         where case u.kind
               when 'user' then exists (select from api_keys k where k.tenant_id = u.tenant_id and k.key_id = u.id)
               when 'access' then exists (select from access_keys k
                                           where k.tenant_id = u.tenant_id and k.access_key_id = u.id)
               else exists (select from integration_keys k where k.tenant_id = u.tenant_id and k.key_id = u.id) end
         order by u.tenant_id, u.kind, u.id
            on conflict (tenant_id, kind, credential_id) do update set used_at = excluded.used_at
         where credential_use.used_at < excluded.used_at;
    end;
