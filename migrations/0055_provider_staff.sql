-- 0055: the provider's staff are persons, who sign in on the management listener with a password and a one-time code.
-- compatible: yes
--
-- No tenant's: winnow_provider alone reaches these tables.

create table provider_users (
    provider_user_id uuid        primary key,
    email            text        not null check (char_length(email) between 3 and 254),
    name             text        not null check (char_length(name) between 1 and 200),
    role             text        not null check (role in ('support', 'admin')),
    state            text        not null check (state in ('invited', 'active', 'disabled')),
    -- Chosen while one enrols; sealed_seed is of the one-time codes, each step of which counts once.
    salt             bytea       check (octet_length(salt) = 16),
    tag              bytea       check (octet_length(tag) = 32),
    memory_kib       bigint      check (memory_kib > 0),
    passes           bigint      check (passes > 0),
    pepper_id        text        check (char_length(pepper_id) between 1 and 32),
    sealed_seed      bytea       check (octet_length(sealed_seed) <= 256),
    last_step        bigint      not null default -1,
    enrolment_hash   bytea       check (octet_length(enrolment_hash) = 32),
    enrolment_until  timestamptz,
    failures         integer     not null default 0 check (failures >= 0),
    window_at        timestamptz not null default now(),
    blocked_until    timestamptz,
    created_at       timestamptz not null default now(),
    signed_in_at     timestamptz,
    check ((salt is null) = (tag is null) and (tag is null) = (sealed_seed is null)),
    check ((enrolment_hash is null) = (enrolment_until is null)),
    check (state <> 'active' or tag is not null)
);
create unique index provider_users_email on provider_users (lower(email));
create index provider_users_by_enrolment on provider_users (enrolment_hash) where enrolment_hash is not null;
grant select, insert, update on provider_users to winnow_provider;

create table provider_sessions (
    session_id       uuid        primary key,
    provider_user_id uuid        not null,  -- who are never deleted
    token_hash       bytea       not null check (octet_length(token_hash) = 32),
    created_at       timestamptz not null default now(),
    last_seen_at     timestamptz not null default now(),
    expires_at       timestamptz not null,
    ended_at         timestamptz
);
create unique index provider_sessions_by_token on provider_sessions (token_hash);
create index provider_sessions_by_user on provider_sessions (provider_user_id);
create index provider_sessions_over on provider_sessions (expires_at);
grant select, insert, update on provider_sessions to winnow_provider;
grant select (session_id, expires_at), delete on provider_sessions to winnow_pipeline;
