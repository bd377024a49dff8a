-- 0050: a tenant's own providers of sign-ins (OpenID Connect), logins on their way to one, and who their subjects are.
-- compatible: yes

create table oidc_providers (
    tenant_id      uuid        not null references tenants on delete cascade,
    provider_id    uuid        not null,
    name           text        not null check (char_length(name) between 1 and 100),
    issuer         text        not null check (char_length(issuer) between 1 and 2000),
    client_id      text        not null check (char_length(client_id) between 1 and 256),
    sealed_secret  bytea       not null check (octet_length(sealed_secret) between 1 and 1024),
    client_auth    text        not null check (client_auth in ('basic', 'post')),
    scopes         text[]      not null check (cardinality(scopes) <= 10),
    algorithms     text[]      not null check (cardinality(algorithms) between 1 and 10),
    roles          jsonb       not null,  -- which values of which claim give which role
    jit            boolean     not null,  -- whether it may bring users of its own
    second_factors text[]      not null check (cardinality(second_factors) <= 20),  -- values of amr and acr
    enabled        boolean     not null,
    version        bigint      not null,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    primary key (tenant_id, provider_id),
    unique (tenant_id, name)
);
create index oidc_providers_by_id on oidc_providers (provider_id);
select own_by_tenant('oidc_providers', 'select, insert, update, delete', '');

-- Whatever seals a tenant's secrets anew under newer keys (0045) finds these, too.
create index oidc_providers_by_key_version on oidc_providers (tenant_id, sealed_key_version(sealed_secret), provider_id);
create index oidc_providers_without_tenant_key on oidc_providers (tenant_id, provider_id)
    where sealed_key_version(sealed_secret) = 0;
grant select (tenant_id, provider_id, sealed_secret), update (sealed_secret) on oidc_providers to winnow_pipeline;

-- By the SHA-256 of its state. What is used stays until it is forgotten, so that it is not used again. What the provider is
-- shown in the end, PKCE's verifier, is here in no form: it is made from the browser's cookie.
create table oidc_logins (
    tenant_id       uuid        not null,
    login_id        uuid        not null,
    provider_id     uuid        not null,
    state_hash      bytea       not null check (octet_length(state_hash) = 32),
    nonce           text        not null check (char_length(nonce) between 1 and 64),
    binding_hash    bytea       not null check (octet_length(binding_hash) = 32),
    source_hash     bytea       not null check (octet_length(source_hash) = 32),  -- of the network that began it
    return_to       text        not null check (char_length(return_to) between 1 and 1024),
    prove_anew      boolean     not null,  -- the provider is to ask again who it is
    begun_at        timestamptz not null default now(),
    expires_at      timestamptz not null,
    used_at         timestamptz,
    primary key (tenant_id, login_id),
    unique (tenant_id, state_hash),
    foreign key (tenant_id, provider_id) references oidc_providers on delete cascade
);
create index oidc_logins_by_provider on oidc_logins (tenant_id, provider_id);
create index oidc_logins_waiting on oidc_logins (tenant_id, expires_at) where used_at is null;
create index oidc_logins_waiting_by_source on oidc_logins (tenant_id, source_hash, expires_at) where used_at is null;
create index oidc_logins_over on oidc_logins (expires_at);
select own_by_tenant('oidc_logins', 'select, insert, update', '');
grant select (tenant_id, login_id, expires_at), delete on oidc_logins to winnow_pipeline;

create table user_identities (
    tenant_id    uuid        not null,
    provider_id  uuid        not null,
    subject      text        not null check (char_length(subject) between 1 and 255),
    user_id      uuid        not null,
    managed      boolean     not null,  -- the provider's word made the user, and decides on the role
    linked_at    timestamptz not null default now(),
    signed_in_at timestamptz,
    primary key (tenant_id, provider_id, subject),
    foreign key (tenant_id, provider_id) references oidc_providers on delete cascade,
    foreign key (tenant_id, user_id) references users on delete cascade
);
create index user_identities_by_user on user_identities (tenant_id, user_id);
select own_by_tenant('user_identities', 'select, insert, update, delete', '');

-- By whose word it may be accepted, besides by its link; null: by nobody's.
alter table invitations
    add column oidc_provider_id uuid,
    add foreign key (tenant_id, oidc_provider_id) references oidc_providers (tenant_id, provider_id)
        on delete set null (oidc_provider_id);
create index invitations_by_provider on invitations (tenant_id, oidc_provider_id) where oidc_provider_id is not null;

-- ---------------------------------------------------------------- before a tenant is known

create policy owner_reads on oidc_providers for select to winnow_owner using (true);

-- Ids are drawn, and stand in URLs. Were one in two tenants all the same, it would be nobody's: who follows such a URL must
-- not be led to where somebody else wants them.
create function tenant_of_oidc_provider(id uuid) returns uuid
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select (array_agg(t.tenant_id))[1] from oidc_providers p join tenants t on t.tenant_id = p.tenant_id
         where p.provider_id = id
        having count(*) = 1 and bool_and(p.enabled);
    end;

-- For the page on which people sign in: of tenants that there are not, and of those without any, none.
create function oidc_providers_of_code(code text) returns table (provider_id uuid, name text)
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select p.provider_id, p.name from tenants t join oidc_providers p on p.tenant_id = t.tenant_id
         where t.service_code = code and p.enabled order by p.provider_id limit 10;
    end;
revoke all on function tenant_of_oidc_provider, oidc_providers_of_code from public;
grant execute on function tenant_of_oidc_provider, oidc_providers_of_code to winnow_api;
