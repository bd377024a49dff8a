-- 0041: mails that the service owes people of a tenant, kept with the act that they tell of.
-- compatible: yes

-- What was sent is deleted; what was given up stays for a while, without its link.
create table server_mails (
    tenant_id    uuid        not null references tenants on delete cascade,
    mail_id      uuid        not null,
    kind         text        not null check (kind ~ '^[a-z_]{1,40}$'),
    receiver     text        not null check (char_length(receiver) between 3 and 254),
    locale       text        not null check (locale ~ '^[a-z]{2}$'),
    sealed_token bytea       not null default '' check (octet_length(sealed_token) <= 200),
    source       text        not null default '' check (char_length(source) <= 64),
    happened_at  timestamptz not null,
    number       integer     not null default 0,
    state        text        not null default 'pending' check (state in ('pending', 'dead')),
    attempts     integer     not null default 0,
    owed_at      timestamptz not null default now(),
    -- When it is to be tried; while it is, when that may be done by another node. The attempt is the lease's token.
    due_at       timestamptz not null default now(),
    expires_at   timestamptz not null,  -- its link is good no longer, or nobody cares
    finished_at  timestamptz check ((state = 'dead') = (finished_at is not null)),
    last_error   text        not null default '' check (char_length(last_error) <= 500),
    primary key (tenant_id, mail_id)
);
create index server_mails_due on server_mails (due_at) where state = 'pending';
create index server_mails_pending on server_mails (tenant_id) where state = 'pending';
create index server_mails_dead on server_mails (finished_at) where state = 'dead';

select own_by_tenant('server_mails', 'insert', 'select, update, delete');
grant select (tenant_id, state) on server_mails to winnow_api;  -- how many wait; not who is written to
