-- 0004: back-tests of draft rules over the stored history. Jobs, not configuration: no change notice.

create table backtests (
    tenant_id    uuid        not null references tenants on delete cascade,
    backtest_id  uuid        not null,
    state        text        not null check (state in ('queued', 'running', 'done', 'cancelled', 'failed')),
    range_from   timestamptz not null,
    range_until  timestamptz not null check (range_until > range_from),
    max_alerts   bigint      not null check (max_alerts > 0),
    draft        text        not null,  -- JSON: the rules to be tested; '' once it is finished
    draft_rules  integer     not null,
    live_rules   integer     not null,
    created_at   timestamptz not null,
    created_by   text        not null,
    runner       text        not null default '',
    attempt      integer     not null default 0,
    touched_at   timestamptz not null default now(),  -- by the runner: silence means that it is gone
    started_at   timestamptz,
    finished_at  timestamptz,
    error        text        not null default '',
    alerts_read  bigint      not null default 0,
    alerts_total bigint      not null default 0,
    rate         bigint      not null default 0,
    result       text        not null default '',     -- JSON
    revision     bigint      not null default 1,
    primary key (tenant_id, backtest_id)
);
create unique index backtests_one_running on backtests (tenant_id) where state = 'running';
create index backtests_unfinished on backtests (created_at) where state in ('queued', 'running');  -- the runners' queue
create index backtests_finished on backtests (finished_at) where finished_at is not null;          -- forgetting them

alter table backtests enable row level security;
alter table backtests force row level security;
create policy own_tenant on backtests to winnow_api
    using (tenant_id = current_tenant()) with check (tenant_id = current_tenant());
create policy every_tenant on backtests to winnow_pipeline using (true) with check (true);

grant select, insert, update, delete on backtests to winnow_api;
grant select, update, delete on backtests to winnow_pipeline;
