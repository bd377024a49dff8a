-- 0003: what the rules' machines remember: thresholds, pauses, flapping.
--
-- As in 0001: tenant_id first in every key, row-level security forced.

-- A held ticket: why, by which rule, until when (pause: let go then; threshold: given up then), and what it was before
-- it was held. `never_told`: nobody has ever heard of it. `flapping`: its trouble comes and goes, and what the latest
-- news of it was.
alter table tickets
    add column held_by    text check (held_by in ('threshold', 'pause')),
    add column held_rule  uuid,
    add column held_until timestamptz,
    add column held_from  text check (held_from in ('recovered', 'closed')),
    add column never_told boolean not null default false,
    add column flapping   text    not null default '' check (flapping in ('', 'firing', 'resolved')),
    add check ((state = 'held') or held_until is null);
create index tickets_held_due on tickets (held_until) where state = 'held' and held_until is not null;

-- A threshold or flap detector of one rule and dedup key. No foreign key to the rule: one that flaps is settled also
-- when its rule is gone.
create table rule_machines (
    tenant_id  uuid        not null references tenants on delete cascade,
    rule_id    uuid        not null,
    kind       text        not null check (kind in ('threshold', 'flap')),
    dedup_key  text        not null check (octet_length(dedup_key) between 1 and 2048),
    recent     bigint[]    not null,  -- milliseconds since 1970, ascending
    firing     boolean,
    flapping   boolean     not null,
    changes    integer     not null,
    due_at     timestamptz,           -- settled then
    expires_at timestamptz not null,  -- then it remembers nothing that counts
    primary key (tenant_id, rule_id, kind, dedup_key)
);
create index rule_machines_due on rule_machines (due_at) where due_at is not null;
create index rule_machines_expired on rule_machines (expires_at);  -- the sweep

alter table rule_machines enable row level security;
alter table rule_machines force row level security;
create policy own_tenant on rule_machines to winnow_api
    using (tenant_id = current_tenant()) with check (tenant_id = current_tenant());
create policy every_tenant on rule_machines to winnow_pipeline using (true) with check (true);

grant select on rule_machines to winnow_api;
grant select, insert, update, delete on rule_machines to winnow_pipeline;
