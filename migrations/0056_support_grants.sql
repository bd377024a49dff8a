-- 0056: by leave of a second person, for an hour at most, one of the provider's staff reads a tenant's content.
-- compatible: yes

create table support_grants (
    tenant_id   uuid        not null references tenants on delete cascade,
    grant_id    uuid        not null,  -- in the order in which they were asked for
    asked_by    uuid        not null,  -- of provider_users, who are never deleted; who reads by it
    reason      text        not null check (char_length(reason) between 20 and 500),
    scopes      text[]      not null check (cardinality(scopes) between 1 and 64),
    minutes     bigint      not null check (minutes between 1 and 60),
    state       text        not null check (state in ('requested', 'active', 'refused', 'ended')),
    asked_at    timestamptz not null default now(),
    lapses_at   timestamptz not null,  -- unless it was approved
    approved_by uuid        check (approved_by <> asked_by),
    approved_at timestamptz,
    ends_at     timestamptz check (ends_at <= approved_at + interval '60 minutes'),
    ended_at    timestamptz,
    ended_by    text        not null default '' check (char_length(ended_by) <= 100),
    primary key (tenant_id, grant_id),
    check ((state in ('active', 'ended')) = (approved_by is not null)),
    check ((approved_by is null) = (approved_at is null) and (approved_by is null) = (ends_at is null)),
    check ((state in ('refused', 'ended')) = (ended_at is not null) and (ended_at is null) = (ended_by = ''))
);
create index support_grants_by_id on support_grants (grant_id);  -- the provider's list goes through all tenants
create index support_grants_over on support_grants (asked_at);
-- A tenant reads them, and ends them by end_support_grant() alone.
select own_by_tenant('support_grants', 'select', '');
create policy provider on support_grants to winnow_provider using (true) with check (true);
create policy owner_ends on support_grants to winnow_owner using (true) with check (true);
grant select, insert, update (state, approved_by, approved_at, ends_at, ended_at, ended_by) on support_grants
    to winnow_provider;
grant select (tenant_id, grant_id, asked_at), delete on support_grants to winnow_pipeline;

-- The transaction's tenant ends one, or refuses it; false: it is over, or none of the tenant's. Both chains have that, by
-- these records of the same user and of nothing else. Locks are taken as the provider's transactions take them: the grant's
-- row, the tenant's chain, the provider's.
create function end_support_grant(a_grant uuid, a_record text, a_detail text, a_salt bytea, providers_record text,
                                  providers_detail text, providers_salt bytea) returns boolean
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    tenant constant uuid := current_tenant();
    who constant text := a_record::jsonb->>'actor';
    said text;
begin
    if tenant is null or a_grant is null then
        raise exception 'no tenant to end a support grant of' using errcode = 'insufficient_privilege';
    end if;
    foreach said in array array[a_record, providers_record] loop
        if said::jsonb->>'act' is distinct from 'support_grant.end'
           or said::jsonb->>'on' is distinct from 'support_grant:' || a_grant
           or said::jsonb->>'actor' is distinct from who or coalesce(who, '') !~ '^user:[0-9a-f-]{36}$' then
            raise exception 'this record tells of something else' using errcode = 'insufficient_privilege';
        end if;
    end loop;
    update support_grants g
       set state = case g.state when 'requested' then 'refused' else 'ended' end, ended_at = now(), ended_by = who
     where g.tenant_id = tenant and g.grant_id = a_grant
       and (g.state = 'requested' and g.lapses_at > now() or g.state = 'active' and g.ends_at > now());
    if not found then
        return false;
    end if;
    perform audit_link(tenant, a_record, a_detail, a_salt);
    perform audit_link('00000000-0000-0000-0000-000000000000', providers_record, providers_detail, providers_salt);
    return true;
end $$;
revoke all on function end_support_grant from public;
grant execute on function end_support_grant to winnow_api;
