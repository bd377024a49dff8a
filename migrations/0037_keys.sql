-- 0037: a key can be limited to some permissions and networks, says who made it and when it was used last; auditors.
-- compatible: yes

alter table api_keys
    -- Names of permissions; null: all that its user may. One that a program does not know gives nothing.
    add column scopes     text[] check (cardinality(scopes) between 1 and 64),
    -- Where it may be used; null: everywhere.
    add column networks   cidr[] check (cardinality(networks) between 1 and 20),
    add column created_by text;  -- "user:…"; null: the provider, or before this step

alter table integration_keys
    add column networks   cidr[] check (cardinality(networks) between 1 and 20),
    add column created_by text;

-- An auditor is stored as a viewer with a mark: a program from before this step reads its row, and find_credential()
-- knows none of its keys.
alter table users
    add column audits boolean not null default false,
    add constraint users_auditor check (not audits or role = 'viewer');

-- When keys were used last, to the minute. Not in their own tables: what changes there makes each node ask for the
-- tenant's keys again.
create table credential_use (
    tenant_id     uuid        not null,
    kind          text        not null check (kind in ('user', 'integration')),
    credential_id uuid        not null,
    used_at       timestamptz not null,
    api_key_id         uuid generated always as (case when kind = 'user' then credential_id end) stored,
    integration_key_id uuid generated always as (case when kind = 'integration' then credential_id end) stored,
    primary key (tenant_id, kind, credential_id),
    foreign key (tenant_id, api_key_id) references api_keys on delete cascade,
    foreign key (tenant_id, integration_key_id) references integration_keys on delete cascade
) with (fillfactor = 50);  -- an update finds room in its page, and touches no index
create index credential_use_api_keys on credential_use (tenant_id, api_key_id) where api_key_id is not null;
create index credential_use_integration_keys on credential_use (tenant_id, integration_key_id)
    where integration_key_id is not null;
alter table credential_use enable row level security;
alter table credential_use force row level security;
create policy own_tenant on credential_use to winnow_api
    using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()));
create policy owner_notes on credential_use to winnow_owner using (true) with check (true);
grant select on credential_use to winnow_api;

-- Notes uses of keys of all tenants, a minute of each. By the owner: who notes them need not see keys that live. In the
-- order of the primary key, so that two nodes never wait for each other; a key that is gone is left out.
create function note_credential_use(tenants uuid[], kinds text[], ids uuid[], minutes timestamptz[]) returns void
    language sql security definer set search_path = public, pg_temp
    begin atomic
        insert into credential_use (tenant_id, kind, credential_id, used_at)
        select u.tenant_id, u.kind, u.id, u.used_at
          from unnest(tenants, kinds, ids, minutes) as u (tenant_id, kind, id, used_at)
         where case u.kind
               when 'user' then exists (select from api_keys k where k.tenant_id = u.tenant_id and k.key_id = u.id)
               else exists (select from integration_keys k where k.tenant_id = u.tenant_id and k.key_id = u.id) end
         order by u.tenant_id, u.kind, u.id
            on conflict (tenant_id, kind, credential_id) do update set used_at = excluded.used_at
         where credential_use.used_at < excluded.used_at;
    end;
revoke all on function note_credential_use from public;
grant execute on function note_credential_use to winnow_pipeline;

-- What find_credential() was, with all that limits a key, and its tenant's rates.
create function find_caller(hash bytea)
    returns table (kind text, tenant_id uuid, service_code text, suspended boolean, rates jsonb, key_id uuid,
                   subject_id uuid, subject_name text, email text, role text, scopes text[], networks cidr[],
                   expires_at timestamptz)
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select 'integration', t.tenant_id, t.service_code, t.state = 'suspended', t.rates, k.key_id,
               i.integration_id, i.name, null::text, null::text, null::text[], k.networks, null::timestamptz
          from integration_keys k
          join integrations i on i.tenant_id = k.tenant_id and i.integration_id = k.integration_id and i.enabled
          join tenants t on t.tenant_id = k.tenant_id
         where k.secret_hash = hash and k.revoked_at is null
        union all
        select 'user', t.tenant_id, t.service_code, t.state = 'suspended', t.rates, k.key_id,
               u.user_id, u.name, u.email, case when u.audits then 'auditor' else u.role end, k.scopes, k.networks,
               k.expires_at
          from api_keys k
          join users u on u.tenant_id = k.tenant_id and u.user_id = k.user_id and u.state = 'active'
          join tenants t on t.tenant_id = k.tenant_id
         where k.secret_hash = hash and k.revoked_at is null and (k.expires_at is null or k.expires_at > now());
    end;
revoke all on function find_caller from public;
grant execute on function find_caller to winnow_api;

-- For programs from before this step, which know of no limits: they know no key that has any, and no auditor's.
create or replace function find_credential(hash bytea)
    returns table (kind text, tenant_id uuid, service_code text, suspended boolean, subject_id uuid,
                   subject_name text, email text, role text, expires_at timestamptz)
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select c.kind, c.tenant_id, c.service_code, c.suspended, c.subject_id, c.subject_name, c.email, c.role,
               c.expires_at
          from find_caller(hash) c
         where c.scopes is null and c.networks is null and c.role is distinct from 'auditor';
    end;
