-- 0005: the rule set as it was after each change, for rollback.
--
-- As in 0001: tenant_id first in every key, row-level security forced.

-- Refers to rule_versions, which keeps every rule's text: a version of 10,000 rules is 280 KB here, whatever they say.
create table ruleset_versions (
    tenant_id     uuid        not null references tenants on delete cascade,
    version       bigint      not null check (version > 0),
    made_at       timestamptz not null default now(),
    made_by       text        not null,
    comment       text        not null default '' check (char_length(comment) <= 1000),
    created       integer     not null,
    updated       integer     not null,
    deleted       integer     not null,
    moved         integer     not null,
    rule_ids      uuid[]      not null,  -- in order
    rule_versions bigint[]    not null,  -- theirs
    primary key (tenant_id, version)
);

alter table ruleset_versions enable row level security;
alter table ruleset_versions force row level security;
create policy own_tenant on ruleset_versions to winnow_api
    using (tenant_id = current_tenant()) with check (tenant_id = current_tenant());
create policy every_tenant on ruleset_versions to winnow_pipeline using (true) with check (true);

grant select, insert, delete on ruleset_versions to winnow_api;
