-- 0059: management groups narrow who sees and works what in a tenant (docs/decisions/management-groups.md).
-- compatible: yes
--
-- As long as there are none. A program from before this step says nobody's groups, and does not write down where a ticket
-- came from; beside one the first group cannot be made, and once there is one such a program does not start any more
-- (begin_management_groups()).

create table management_groups (
    tenant_id           uuid        not null references tenants on delete cascade,
    management_group_id uuid        not null,
    name                text        not null check (char_length(name) between 1 and 200),
    -- [[name, value], …]: alerts with one of them are the group's.
    labels              jsonb       not null default '[]' check (case when jsonb_typeof(labels) = 'array' then not
        jsonb_path_exists(labels, 'strict $[*] ? (@.type() != "array" || @.size() != 2 || @[0].type() != "string"
                                                  || @[1].type() != "string")') else false end),
    version             bigint      not null default 1,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now(),
    primary key (tenant_id, management_group_id),
    unique (tenant_id, name)
);
select own_by_tenant('management_groups', 'select, insert, update, delete', 'select');
select let_import('management_groups');
create trigger management_groups_changed after insert or update or delete on management_groups
    for each row execute function config_changed();

-- Null: of none. A group that integrations are in cannot be deleted: what is theirs would be everybody's. (Deferred, so that a
-- tenant's rows may go in any order.)
alter table integrations add column management_group_id uuid,
    add foreign key (tenant_id, management_group_id) references management_groups (tenant_id, management_group_id)
    deferrable initially deferred;
create index integrations_by_group on integrations (tenant_id, management_group_id) where management_group_id is not null;

-- Null: sees all of the tenant. An id that is no group's any more opens nothing. Triggers of 0043 tell of any change.
alter table users add column management_group_ids uuid[] check (cardinality(management_group_ids) <= 50);
alter table api_keys add column management_group_ids uuid[] check (cardinality(management_group_ids) <= 50);

-- Where a ticket came from, null where nobody knows: of one from before this step, until an alert joins it. Whose it is is
-- that integration's, unless it has a group itself (the nil one: several). No foreign keys: a ticket outlives both, and is then
-- hidden from who is narrowed.
alter table tickets add column integration_id uuid, add column management_group_id uuid,
    add column group_by_hand boolean not null default false;

-- ---------------------------------------------------------------- who is narrowed

-- Of the key with this hash, beside find_caller(): its user's groups and its own.
create function find_caller_groups(hash bytea) returns table (of_user uuid[], of_key uuid[])
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select u.management_group_ids, k.management_group_ids
          from api_keys k
          join users u on u.tenant_id = k.tenant_id and u.user_id = k.user_id
         where k.secret_hash = hash;
    end;

-- Of what a signed request names, beside find_access_key().
create function find_access_key_groups(named text) returns table (of_user uuid[])
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select u.management_group_ids
          from access_keys k
          join users u on u.tenant_id = k.tenant_id and u.user_id = k.user_id
         where k.access_key = named and k.revoked_at is null and k.expires_at > now();
    end;

-- Of a session, beside find_session().
create function find_session_groups(hash bytea) returns table (of_user uuid[])
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select u.management_group_ids
          from sessions s
          join users u on u.tenant_id = s.tenant_id and u.user_id = s.user_id
         where s.token_hash = hash;
    end;

-- ---------------------------------------------------------------- what a transaction says

-- Whether nodes from before this step say the groups that a transaction is for, and where tickets come from.
alter table journal_streams add column says_groups boolean not null default false;

-- Whether a transaction that says nothing is refused.
alter table tenant_key add column groups_required boolean not null default false;

-- True from the moment on in which no older program has written a stream for five minutes: asked before each group is made.
create function begin_management_groups() returns boolean
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if (select groups_required from tenant_key) then
        return true;
    end if;
    if exists (select from journal_streams
                where not says_groups and (ended_at is null or ended_at > now() - interval '5 minutes')) then
        return false;
    end if;
    update tenant_key set groups_required = true;
    update schema_migrations set compatible = false where name = '0059_management_groups';
    return true;
end $$;

-- To which groups this transaction is narrowed; null: to none. As current_tenant() (0029), under a proof of its own: over the
-- tenant, the backend, the moment the transaction began, and what is said, '*' or an array.
create function current_groups() returns uuid[]
    language plpgsql stable parallel restricted security definer set search_path = public, pg_temp as $$
declare
    said constant text := current_setting('winnow.groups', true);
    known record;
    tried bytea;
    about bytea;
begin
    select groups_required, inner_pad, outer_pad, last_inner_pad, last_outer_pad, last_until into strict known from tenant_key;
    if said is null or said = '' then
        if known.groups_required then
            raise exception 'nobody said whose groups' using errcode = 'insufficient_privilege';
        end if;
        return null;
    end if;
    tried := sha256(decode(coalesce(current_setting('winnow.groups_proof', true), ''), 'hex'));
    about := convert_to('groups', 'UTF8') || uuid_send(nullif(current_setting('winnow.tenant_id', true), '')::uuid)
             || int4send(pg_backend_pid()) || timestamptz_send(now()) || convert_to(said, 'UTF8');
    if tried is distinct from sha256(sha256(known.outer_pad || sha256(known.inner_pad || about))) then
        if now() >= known.last_until or known.last_inner_pad is null
           or tried is distinct from sha256(sha256(known.last_outer_pad || sha256(known.last_inner_pad || about))) then
            raise exception 'a wrong proof of the groups' using errcode = 'insufficient_privilege';
        end if;
    end if;
    if said = '*' then
        return null;
    end if;
    return said::uuid[];
end $$;

-- ---------------------------------------------------------------- what they see

-- The integrations in the groups of this transaction, and where `all_see` those in none.
create function integrations_of_groups(all_see boolean) returns uuid[]
    language plpgsql stable parallel restricted security definer set search_path = public, pg_temp as $$
declare
    ours constant uuid[] := current_groups();
begin
    return array(select i.integration_id from integrations i
                  where i.tenant_id = current_tenant()
                    and (i.management_group_id = any (ours) or all_see and i.management_group_id is null));
end $$;

-- Whether this transaction may change the ticket.
create function works_ticket(asked uuid) returns boolean
    language plpgsql stable parallel restricted security definer set search_path = public, pg_temp as $$
declare
    ours constant uuid[] := current_groups();
begin
    return ours is null or exists (
        select from tickets t
         where t.tenant_id = current_tenant() and t.ticket_id = asked
           and (t.management_group_id = any (ours)
                or t.management_group_id is null and t.integration_id = any (integrations_of_groups(false))));
end $$;

-- All of the tenant's, by the index alone; nothing for who is narrowed. (A policy looks at columns that no index has.)
create function count_all_tickets(asked uuid) returns table (of_state text, of_severity smallint, number bigint)
    language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
    tenant constant uuid := current_tenant();
begin
    if tenant is distinct from asked or current_groups() is not null then
        return;
    end if;
    return query
        select t.state, t.severity, count(*) from tickets t where t.tenant_id = asked group by 1, 2;
end $$;

revoke all on function find_caller_groups, find_access_key_groups, find_session_groups, begin_management_groups, current_groups,
    integrations_of_groups, works_ticket, count_all_tickets from public;
grant execute on function find_caller_groups, find_access_key_groups, find_session_groups, begin_management_groups, current_groups,
    integrations_of_groups, works_ticket, count_all_tickets to winnow_api;

-- `case`: the planner takes one for half of the rows, and `… is null or …` for next to none of them.
create policy own_groups on tickets as restrictive for select to winnow_api
    using (case when (select current_groups()) is null then true
                else management_group_id = any ((select current_groups())::uuid[])
                     or management_group_id is null
                        and integration_id = any ((select integrations_of_groups(true))::uuid[]) end);
create policy own_groups_change on tickets as restrictive for update to winnow_api
    using (case when (select current_groups()) is null then true
                else management_group_id = any ((select current_groups())::uuid[])
                     or management_group_id is null
                        and integration_id = any ((select integrations_of_groups(false))::uuid[]) end);
create policy own_groups_make on tickets as restrictive for insert to winnow_api
    with check ((select current_groups()) is null);

-- What belongs to a ticket.
create policy own_groups on ticket_events as restrictive for select to winnow_api
    using (case when (select current_groups()) is null then true
                else (select true from tickets k
                       where k.tenant_id = ticket_events.tenant_id and k.ticket_id = ticket_events.ticket_id) is not null end);
create policy own_groups_make on ticket_events as restrictive for insert to winnow_api
    with check (case when (select current_groups()) is null then true else works_ticket(ticket_id) end);
create policy own_groups on deliveries as restrictive for select to winnow_api
    using (case when (select current_groups()) is null then true
                else (select true from tickets k
                       where k.tenant_id = deliveries.tenant_id and k.ticket_id = deliveries.ticket_id) is not null end);
create policy own_groups on notices as restrictive for select to winnow_api
    using (case when (select current_groups()) is null then true
                else (select true from tickets k
                       where k.tenant_id = notices.tenant_id and k.ticket_id = notices.ticket_id) is not null end);
create policy own_groups_change on deliveries as restrictive for update to winnow_api
    using (case when (select current_groups()) is null then true else works_ticket(ticket_id) end);
create policy own_groups_make on deliveries as restrictive for insert to winnow_api
    with check ((select current_groups()) is null);

-- Integrations, and their keys.
create policy own_groups on integrations as restrictive for select to winnow_api
    using (case when (select current_groups()) is null then true
                else management_group_id is null or management_group_id = any ((select current_groups())::uuid[]) end);
create policy own_groups on integration_keys as restrictive for select to winnow_api
    using (case when (select current_groups()) is null then true
                else (select true from integrations k where k.tenant_id = integration_keys.tenant_id
                                                        and k.integration_id = integration_keys.integration_id) is not null end);

-- Access keys of integrations, as their other keys; nobody who is narrowed makes one.
create policy own_groups on access_keys as restrictive for select to winnow_api
    using (case when (select current_groups()) is null or integration_id is null then true
                else (select true from integrations k where k.tenant_id = access_keys.tenant_id
                                                        and k.integration_id = access_keys.integration_id) is not null end);
create policy own_groups_make on access_keys as restrictive for insert to winnow_api
    with check (case when (select current_groups()) is null then true else integration_id is null end);

do $$
declare
    name text;
begin
    -- What shows or counts all of a tenant, and what gives access: not for who is narrowed.
    foreach name in array array['noise_counts', 'noise_deltas', 'backtests', 'exports', 'export_parts', 'owed_events',
                                'audit', 'access_log', 'inquiries', 'inquiry_messages', 'support_grants',
                                'imports', 'import_parts']
    loop
        execute format('create policy own_groups on %I as restrictive for select to winnow_api
                        using ((select current_groups()) is null)', name);
    end loop;
    foreach name in array array['users', 'management_groups', 'integrations', 'integration_keys', 'silences',
                                'maintenance_windows', 'exports', 'inquiries', 'inquiry_messages', 'oidc_providers',
                                'scim_tokens', 'scim_users', 'imports', 'import_parts']
    loop
        execute format('create policy own_groups_make on %I as restrictive for insert to winnow_api
                        with check ((select current_groups()) is null)', name);
    end loop;
end $$;
