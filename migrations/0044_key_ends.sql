-- 0044: a sender's key can have an end: that of an old one, which senders leave one after the other while it is good still.
-- compatible: yes
--
-- A program from before this step gives no key an end, and lets nobody in by one that is over: find_caller() decides. Until it
-- is replaced it shows such a key as live, and counts it as one of the two that there may be.

alter table integration_keys add column expires_at timestamptz;

drop index integration_keys_over;
create index integration_keys_over on integration_keys (tenant_id, (least(revoked_at, expires_at)))
    where revoked_at is not null or expires_at is not null;
alter policy forgets on integration_keys using (revoked_at is not null or expires_at <= now());
grant select (expires_at) on integration_keys to winnow_pipeline;

-- As of users' keys (0043).
drop trigger integration_keys_revoked on integration_keys;
create trigger integration_keys_revoked after update or delete on integration_keys
    for each row when (old.revoked_at is null and (old.expires_at is null or old.expires_at > now()))
    execute function revoked('k', 'key_id');

-- As before (0037), with the ends of senders' keys.
create or replace function find_caller(hash bytea)
    returns table (kind text, tenant_id uuid, service_code text, suspended boolean, rates jsonb, key_id uuid,
                   subject_id uuid, subject_name text, email text, role text, scopes text[], networks cidr[],
                   expires_at timestamptz)
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select 'integration', t.tenant_id, t.service_code, t.state = 'suspended', t.rates, k.key_id,
               i.integration_id, i.name, null::text, null::text, null::text[], k.networks, k.expires_at
          from integration_keys k
          join integrations i on i.tenant_id = k.tenant_id and i.integration_id = k.integration_id and i.enabled
          join tenants t on t.tenant_id = k.tenant_id
         where k.secret_hash = hash and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
        union all
        select 'user', t.tenant_id, t.service_code, t.state = 'suspended', t.rates, k.key_id,
               u.user_id, u.name, u.email, case when u.audits then 'auditor' else u.role end, k.scopes, k.networks,
               k.expires_at
          from api_keys k
          join users u on u.tenant_id = k.tenant_id and u.user_id = k.user_id and u.state = 'active'
          join tenants t on t.tenant_id = k.tenant_id
         where k.secret_hash = hash and k.revoked_at is null and (k.expires_at is null or k.expires_at > now());
    end;
