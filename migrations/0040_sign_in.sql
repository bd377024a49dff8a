-- 0040: people sign in: passwords, second factors, sessions, links by mail, and how often one may be wrong.
-- compatible: yes
--
-- Users that are there have no password: their API keys go on working. Who was invited and has not come yet, and who is
-- deleted, is stored as disabled with a mark: a program from before this step reads the row, and lets nobody in by it.

alter table users
    add column invited      boolean     not null default false,
    add column deleted_at   timestamptz,
    add column mfa_required boolean     not null default false,  -- whatever the tenant's policy says
    add column locale       text        not null default 'en' check (locale in ('en', 'ja')),
    add constraint users_marks check (state = 'disabled' or (not invited and deleted_at is null));
create index users_deleted on users (deleted_at) where deleted_at is not null;
grant select (tenant_id, user_id, deleted_at), delete on users to winnow_pipeline;
drop policy every_tenant on users;
create policy forgets on users to winnow_pipeline using (deleted_at is not null);

alter table tenant_settings
    add column mfa_policy             text   not null default 'all' check (mfa_policy in ('all', 'admins')),
    add column session_idle_ms        bigint not null default 1800000 check (session_idle_ms between 300000 and 43200000),
    -- Of viewers instead; null: as everybody's.
    add column session_idle_viewer_ms bigint check (session_idle_viewer_ms between 300000 and 604800000);

-- ---------------------------------------------------------------- what people prove themselves with

create table user_passwords (
    tenant_id    uuid        not null,
    user_id      uuid        not null,
    salt         bytea       not null check (octet_length(salt) = 16),
    tag          bytea       not null check (octet_length(tag) = 32),
    memory_kib   bigint      not null check (memory_kib > 0),
    passes       bigint      not null check (passes > 0),
    pepper_id    text        not null check (char_length(pepper_id) between 1 and 32),
    changed_at   timestamptz not null default now(),
    signed_in_at timestamptz,  -- fully, for the last time
    primary key (tenant_id, user_id),
    foreign key (tenant_id, user_id) references users on delete cascade
);
select own_by_tenant('user_passwords', 'select, insert, update, delete', '');

-- A seed of one-time codes (sealed), or a recovery code (its SHA-256).
create table user_factors (
    tenant_id  uuid        not null,
    factor_id  uuid        not null,
    user_id    uuid        not null,
    kind       text        not null check (kind in ('totp', 'recovery')),
    state      text        not null check (state in ('pending', 'active', 'revoked')),
    sealed     bytea       check (octet_length(sealed) <= 256),
    code_hash  bytea       check (octet_length(code_hash) = 32),
    last_step  bigint      not null default -1,  -- the last one that was taken: each counts once
    created_at timestamptz not null default now(),
    used_at    timestamptz,
    revoked_at timestamptz,
    primary key (tenant_id, factor_id),
    foreign key (tenant_id, user_id) references users on delete cascade,
    check ((kind = 'totp') = (sealed is not null) and (kind = 'recovery') = (code_hash is not null)),
    check ((state = 'revoked') = (revoked_at is not null))
);
create index user_factors_by_user on user_factors (tenant_id, user_id);
create index user_factors_over on user_factors (revoked_at) where revoked_at is not null;
select own_by_tenant('user_factors', 'select, insert, update, delete', '');
grant select (tenant_id, factor_id, revoked_at), delete on user_factors to winnow_pipeline;

-- No column is raised at every use but last_seen_at, once a minute and session. What a token opens is looked up by its
-- SHA-256, of 256 random bits: no two have the same.
create table sessions (
    tenant_id        uuid        not null,
    session_id       uuid        not null,
    user_id          uuid        not null,
    token_hash       bytea       not null check (octet_length(token_hash) = 32),
    state            text        not null check (state in ('password_ok', 'active', 'ended')),
    amr              text[]      not null default '{}' check (cardinality(amr) <= 8),  -- RFC 8176: pwd, otp, mfa
    authenticated_at timestamptz not null,
    created_at       timestamptz not null,
    last_seen_at     timestamptz not null,
    expires_at       timestamptz not null,
    source           text        not null default '' check (char_length(source) <= 64),
    user_agent       text        not null default '' check (char_length(user_agent) <= 256),
    ended_at         timestamptz,
    ended_by         text        check (char_length(ended_by) <= 32),
    primary key (tenant_id, session_id),
    foreign key (tenant_id, user_id) references users on delete cascade,
    check ((state = 'ended') = (ended_at is not null) and (ended_at is null) = (ended_by is null))
) with (fillfactor = 70);
create index sessions_by_token on sessions (token_hash);
create index sessions_by_user on sessions (tenant_id, user_id, created_at);
create index sessions_over on sessions ((coalesce(ended_at, expires_at)));
select own_by_tenant('sessions', 'select, insert, update', '');
grant select (tenant_id, session_id, ended_at, expires_at), delete on sessions to winnow_pipeline;

-- ---------------------------------------------------------------- links by mail

create table invitations (
    tenant_id     uuid        not null,
    invitation_id uuid        not null,
    user_id       uuid        not null,
    token_hash    bytea       not null check (octet_length(token_hash) = 32),
    state         text        not null check (state in ('pending', 'accepted', 'expired', 'revoked')),
    created_at    timestamptz not null default now(),
    created_by    text        not null default '' check (char_length(created_by) <= 100),
    expires_at    timestamptz not null,
    primary key (tenant_id, invitation_id),
    foreign key (tenant_id, user_id) references users on delete cascade
);
create unique index invitations_one_pending on invitations (tenant_id, user_id) where state = 'pending';
create index invitations_by_user on invitations (tenant_id, user_id);
create index invitations_by_token on invitations (token_hash);
create index invitations_over on invitations (expires_at);
select own_by_tenant('invitations', 'select, insert, update', '');
grant select (tenant_id, invitation_id, expires_at), delete on invitations to winnow_pipeline;

create table one_time_tokens (
    tenant_id  uuid        not null,
    token_id   uuid        not null,
    user_id    uuid        not null,
    purpose    text        not null check (purpose in ('reset', 'email_change', 'email_stop', 'mfa_reset')),
    token_hash bytea       not null check (octet_length(token_hash) = 32),
    subject    text        not null default '' check (char_length(subject) <= 254),  -- the address that is to be
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at    timestamptz,  -- or taken back
    primary key (tenant_id, token_id),
    foreign key (tenant_id, user_id) references users on delete cascade
);
create index one_time_tokens_by_user on one_time_tokens (tenant_id, user_id);
create index one_time_tokens_by_token on one_time_tokens (token_hash);
create index one_time_tokens_over on one_time_tokens (expires_at);
select own_by_tenant('one_time_tokens', 'select, insert, update', '');
grant select (tenant_id, token_id, expires_at), delete on one_time_tokens to winnow_pipeline;

-- ---------------------------------------------------------------- how often one may be wrong

-- By HMAC of what is counted. No foreign key: tries at tenants that there are not are counted as all others, below an id
-- that no tenant has.
create table throttles (
    tenant_id     uuid        not null,
    kind          text        not null check (kind in ('account', 'device', 'request', 'code')),
    subject_hash  bytea       not null check (octet_length(subject_hash) = 32),
    failures      integer     not null check (failures >= 0),
    window_at     timestamptz not null,
    blocked_until timestamptz,
    holds         integer     not null check (holds >= 0),
    holds_at      timestamptz not null,
    forget_at     timestamptz not null,  -- then it is as if nothing had ever happened
    primary key (tenant_id, kind, subject_hash)
);
create index throttles_over on throttles (forget_at);
select own_by_tenant('throttles', 'select, insert, update, delete', '');
grant select (tenant_id, kind, subject_hash, forget_at), delete on throttles to winnow_pipeline;

-- Of networks, which are no tenant's. Reached by functions alone.
create table source_throttles (
    network_hash  bytea       primary key check (octet_length(network_hash) = 32),
    failures      integer     not null check (failures >= 0),
    window_at     timestamptz not null,
    blocked_until timestamptz,
    holds         integer     not null check (holds >= 0),
    holds_at      timestamptz not null,
    forget_at     timestamptz not null
);
create index source_throttles_over on source_throttles (forget_at);
grant select, update, delete on source_throttles to winnow_pipeline;  -- update: to lock what it forgets

-- As it stands; locked until the transaction ends where it is to be changed. No row: nothing has ever happened.
create function source_throttle(hash bytea, will_change boolean)
    returns table (failures integer, window_at timestamptz, blocked_until timestamptz, holds integer,
                   holds_at timestamptz)
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if will_change then
        insert into source_throttles (network_hash, failures, window_at, holds, holds_at, forget_at)
        values (hash, 0, now(), 0, now(), now()) on conflict do nothing;
        return query select s.failures, s.window_at, s.blocked_until, s.holds, s.holds_at
                       from source_throttles s where s.network_hash = hash for update;
    else
        return query select s.failures, s.window_at, s.blocked_until, s.holds, s.holds_at
                       from source_throttles s where s.network_hash = hash;
    end if;
end $$;
create function keep_source_throttle(hash bytea, a_failures integer, a_window_at timestamptz,
                                     a_blocked_until timestamptz, a_holds integer, a_holds_at timestamptz,
                                     a_forget_at timestamptz) returns void
    language sql security definer set search_path = public, pg_temp
    begin atomic
        insert into source_throttles as s
        values (hash, a_failures, a_window_at, a_blocked_until, a_holds, a_holds_at, a_forget_at)
            on conflict (network_hash) do update
               set failures = excluded.failures, window_at = excluded.window_at,
                   blocked_until = excluded.blocked_until, holds = excluded.holds, holds_at = excluded.holds_at,
                   forget_at = excluded.forget_at;
    end;
revoke all on function source_throttle, keep_source_throttle from public;
grant execute on function source_throttle, keep_source_throttle to winnow_api;

-- ---------------------------------------------------------------- who it is, before a tenant is known

do $$
declare
    name text;
begin
    foreach name in array array['sessions', 'invitations', 'one_time_tokens'] loop
        execute format('create policy owner_reads on %I for select to winnow_owner using (true)', name);
    end loop;
end $$;
create policy owner_notes on sessions for update to winnow_owner using (true) with check (true);

create function tenant_of_code(code text) returns table (tenant_id uuid, name text, suspended boolean)
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select t.tenant_id, t.name, t.state = 'suspended' from tenants t where t.service_code = code;
    end;

-- The session that a token opens, fully or half, with all that its caller is. Its tenant's policy decides whether it is
-- over; `at` is the moment to ask that of.
create function find_session(hash bytea)
    returns table (tenant_id uuid, service_code text, suspended boolean, rates jsonb, session_id uuid, user_id uuid,
                   user_name text, email text, role text, state text, amr text, authenticated_at timestamptz,
                   created_at timestamptz, last_seen_at timestamptz, expires_at timestamptz, session_idle_ms bigint,
                   session_idle_viewer_ms bigint, at timestamptz)
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select t.tenant_id, t.service_code, t.state = 'suspended', t.rates, s.session_id, u.user_id, u.name, u.email,
               case when u.audits then 'auditor' else u.role end, s.state, array_to_string(s.amr, ' '),
               s.authenticated_at, s.created_at, s.last_seen_at, s.expires_at, coalesce(p.session_idle_ms, 1800000),
               p.session_idle_viewer_ms, clock_timestamp()
          from sessions s
          join users u on u.tenant_id = s.tenant_id and u.user_id = s.user_id and u.state = 'active'
          join tenants t on t.tenant_id = s.tenant_id
          left join tenant_settings p on p.tenant_id = s.tenant_id
         where s.token_hash = hash and s.state <> 'ended';
    end;

-- Whose a link is that is good still; what it is good for, its tenant's transaction says.
create function tenant_of_link(hash bytea) returns uuid
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select i.tenant_id from invitations i
         where i.token_hash = hash and i.state = 'pending' and i.expires_at > now()
        union all
        select o.tenant_id from one_time_tokens o
         where o.token_hash = hash and o.used_at is null and o.expires_at > now()
         limit 1;
    end;

revoke all on function tenant_of_code, find_session, tenant_of_link from public;
grant execute on function tenant_of_code, find_session, tenant_of_link to winnow_api;

-- Notes uses of sessions of all tenants, a minute of each, as note_credential_use() does of keys.
create function note_session_use(tenants uuid[], ids uuid[], minutes timestamptz[]) returns void
    language sql security definer set search_path = public, pg_temp
    begin atomic
        with used as materialized (
            select s.tenant_id, s.session_id, u.used_at
              from unnest(tenants, ids, minutes) as u (tenant_id, id, used_at)
              join sessions s on s.tenant_id = u.tenant_id and s.session_id = u.id and s.last_seen_at < u.used_at
             order by s.tenant_id, s.session_id for no key update of s
        )
        update sessions s set last_seen_at = used.used_at from used
         where s.tenant_id = used.tenant_id and s.session_id = used.session_id and s.last_seen_at < used.used_at;
    end;
revoke all on function note_session_use from public;
grant execute on function note_session_use to winnow_pipeline;
