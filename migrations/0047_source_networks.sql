-- 0047: from where a tenant lets its users, admins and keys in.
-- compatible: yes
--
-- A program from before this step asks nobody where he is, but by a key's own networks: upgrade all nodes before a tenant
-- relies on its lists.

-- An empty list holds every address. While `revert_at` is to come the lists are on trial: what was before stands in `old_…`,
-- and is in force again then.
create table source_networks (
    tenant_id  uuid        primary key references tenants on delete cascade,
    users      cidr[]      not null default '{}' check (cardinality(users) <= 100),
    admins     cidr[]      not null default '{}' check (cardinality(admins) <= 100),
    keys       cidr[]      not null default '{}' check (cardinality(keys) <= 100),
    old_users  cidr[]      check (cardinality(old_users) <= 100),
    old_admins cidr[]      check (cardinality(old_admins) <= 100),
    old_keys   cidr[]      check (cardinality(old_keys) <= 100),
    revert_at  timestamptz,
    check (num_nulls(old_users, old_admins, old_keys, revert_at) in (0, 4))
);
create index source_networks_on_trial on source_networks (revert_at) where revert_at is not null;
select own_by_tenant('source_networks', 'select, insert, update', 'select');
create policy owner_reverts on source_networks to winnow_owner using (true) with check (true);

-- They stand in what nodes have cached of the tenant's keys and sessions.
create trigger source_networks_revoked after insert or update or delete on source_networks
    for each row execute function revoked('t');

-- Of the tenant whose key has this hash, beside find_caller(): no row where it has no lists.
create function find_source_networks(hash bytea) returns table (users cidr[], admins cidr[], keys cidr[])
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select s.users, s.admins, s.keys from source_networks s
         where s.tenant_id in (select c.tenant_id from find_caller(hash) c);
    end;

-- The same of a session, beside find_session().
create function find_session_networks(hash bytea) returns table (users cidr[], admins cidr[], keys cidr[])
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select n.users, n.admins, n.keys from source_networks n
         where n.tenant_id in (select s.tenant_id from sessions s where s.token_hash = hash and s.state <> 'ended');
    end;

-- What was before is in force again, where the trial is over and nobody has said that it holds: since when it was due, and
-- the record of it in the tenant's chain; null: there is nothing to do.
create function revert_source_networks(a_tenant uuid, a_record text, a_detail text, a_salt bytea) returns timestamptz
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    due timestamptz;
begin
    if (a_record::jsonb)->>'act' is distinct from 'networks.revert' then
        raise exception 'an audit record does not say what is done' using errcode = 'data_exception';
    end if;
    select s.revert_at into due from source_networks s
     where s.tenant_id = a_tenant and s.revert_at <= now() for update;
    if due is null then
        return null;
    end if;
    update source_networks
       set users = old_users, admins = old_admins, keys = old_keys, old_users = null, old_admins = null, old_keys = null,
           revert_at = null
     where tenant_id = a_tenant;
    perform audit_link(a_tenant, a_record, a_detail, a_salt);
    return due;
end $$;

-- The provider's way out for who has locked himself out: no lists at all. Recorded in both chains; false: there is no such
-- tenant. Whoever calls it can append nothing else to a tenant's chain.
create function reset_source_networks(a_tenant uuid, a_record text, a_detail text, a_salt bytea,
                                      own_record text, own_detail text, own_salt bytea) returns boolean
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if (a_record::jsonb)->>'act' is distinct from 'networks.reset' then
        raise exception 'an audit record does not say what is done' using errcode = 'data_exception';
    end if;
    if not exists (select from tenants t where t.tenant_id = a_tenant) then
        return false;
    end if;
    update source_networks
       set users = '{}', admins = '{}', keys = '{}', old_users = null, old_admins = null, old_keys = null, revert_at = null
     where tenant_id = a_tenant;
    perform audit_link(a_tenant, a_record, a_detail, a_salt);
    perform audit_append_provider(own_record, own_detail, own_salt);
    return true;
end $$;

revoke all on function find_source_networks, find_session_networks, revert_source_networks, reset_source_networks
    from public;
grant execute on function find_source_networks, find_session_networks to winnow_api;
grant execute on function revert_source_networks to winnow_pipeline;
grant execute on function reset_source_networks to winnow_provider;
