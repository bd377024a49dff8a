-- 0024: how fast a tenant may ask and send, where the provider has set it for one tenant alone.
-- compatible: yes

-- {"ingest": {"rate": 10000, "burst": 60000}}: what is not named is as the node's configuration has it.
alter table tenants add column rates jsonb not null default '{}' check (jsonb_typeof(rates) = 'object');

-- Whoever looks a key up has to know it, before it can know its tenant.
create function rates_of_tenant(asked uuid) returns jsonb
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select rates from tenants where tenant_id = asked;
    end;
revoke all on function rates_of_tenant from public;
grant execute on function rates_of_tenant to winnow_api;
