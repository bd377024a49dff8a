-- 0019: what a ticket's timeline has yet to be told of deliveries. A result is stored at once, whoever holds the
-- ticket's row; its event stands here until that row is free.
-- compatible: yes

-- No foreign keys: storing a result waits for nobody's row. What is left without a ticket is thrown away.
create table owed_events (
    tenant_id uuid        not null,
    ticket_id uuid        not null,
    entry     bigint      not null generated always as identity,
    kind      text        not null,
    at        timestamptz not null,
    data      jsonb       not null,
    primary key (tenant_id, ticket_id, entry)
);
alter table owed_events enable row level security;
alter table owed_events force row level security;
create policy own_tenant on owed_events to winnow_api
    using (tenant_id = current_tenant()) with check (tenant_id = current_tenant());
create policy every_tenant on owed_events to winnow_pipeline using (true) with check (true);
grant select, insert, delete on owed_events to winnow_pipeline;
