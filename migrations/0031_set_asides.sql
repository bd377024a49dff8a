-- 0031: what keeps costing more than an alert may is set aside (docs/decisions/set-aside-for-cost.md).
-- compatible: yes

-- Of each rule, silence, maintenance window and inhibition that was the dearest of an alert over its budget: how often,
-- and whether it is asked at all. One row each, of the version that overran last; an edit makes another version, which
-- begins anew.
create table set_asides (
    tenant_id uuid        not null references tenants on delete cascade,
    kind      text        not null check (kind in ('rule', 'silence', 'maintenance_window', 'inhibition')),
    id        uuid        not null,
    version   bigint      not null,
    record    jsonb       not null check (pg_column_size(record) <= 4096),
    until     timestamptz,
    for_good  boolean     not null default false,  -- until somebody changes it
    last_at   timestamptz not null,                -- its latest overrun
    primary key (tenant_id, kind, id)
);
create index set_asides_by_age on set_asides (last_at);
alter table set_asides enable row level security;
alter table set_asides force row level security;
create policy own_tenant on set_asides to winnow_api
    using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()));
create policy every_tenant on set_asides to winnow_pipeline using (true) with check (true);
grant select on set_asides to winnow_api;
grant select, insert, update, delete on set_asides to winnow_pipeline;

-- Nodes load the configuration anew where something is asked no more. That it is asked again they know by themselves.
create trigger set_asides_added after insert on set_asides
    for each row when (new.until is not null) execute function config_changed();
create trigger set_asides_changed after update on set_asides
    for each row when ((old.until, old.for_good) is distinct from (new.until, new.for_good))
    execute function config_changed();
