-- 0030: a journal row whose fold ends the process is found out in a process of its own, and set aside.
-- Not compatible: an older program cannot read the verdict "quarantined".

-- How many processes have begun to fold what the stream's dead writer has left. Who finds one here knows that it has
-- died over the rows, too: they are tried first (docs/decisions/rows-on-trial.md).
alter table journal_streams add column takeovers integer not null default 0;

-- Rows that were set aside, for the operator who looks for the reason. `release_asked`: they are to be journaled anew,
-- those first that were least often tried in vain.
create table quarantined_rows (
    tenant_id      uuid        not null references tenants on delete cascade,
    received_at    timestamptz not null,
    stream         integer     not null,
    seq            bigint      not null,
    alerts         integer     not null,
    quarantined_at timestamptz not null default now(),
    release_asked  boolean     not null default false,
    release_tries  integer     not null default 0,
    primary key (tenant_id, received_at, stream, seq)
);
create index quarantined_rows_to_release on quarantined_rows (release_tries, quarantined_at) where release_asked;
alter table quarantined_rows enable row level security;
alter table quarantined_rows force row level security;
create policy own_tenant on quarantined_rows to winnow_api
    using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()));
create policy every_tenant on quarantined_rows to winnow_pipeline using (true) with check (true);
grant select on quarantined_rows to winnow_api;
grant select, insert, update, delete on quarantined_rows to winnow_pipeline;
create policy provider on quarantined_rows to winnow_provider using (true) with check (true);
grant select, update (release_asked) on quarantined_rows to winnow_provider;
