-- 0011: for how long what is over is kept, by class and tenant, and what forgetting it takes.

-- Indexes come first: while they are built the tables can still be read. Each serves a statement of
-- src/pg/upkeep/purges.cpp.
create index tickets_ended on tickets (tenant_id, (coalesce(closed_at, recovered_at)))
    where state in ('recovered', 'closed');
create index alert_instances_ended on alert_instances (tenant_id, (coalesce(ends_at, starts_at))) where not firing;
create index api_keys_over on api_keys (tenant_id, (least(revoked_at, expires_at)))
    where revoked_at is not null or expires_at is not null;
create index integration_keys_over on integration_keys (tenant_id, revoked_at) where revoked_at is not null;
create index journal_progress_by_stream on journal_progress (stream);
create index journal_streams_ended on journal_streams (ended_at) where ended_at is not null;
create index idempotency_receipts_by_tenant_and_age on idempotency_receipts (tenant_id, created_at);
create index backtests_finished_by_tenant on backtests (tenant_id, finished_at) where finished_at is not null;

-- From here on for a moment: nobody may read the tables meanwhile.
drop index idempotency_receipts_by_age;
alter index idempotency_receipts_by_tenant_and_age rename to idempotency_receipts_by_age;
drop index backtests_finished;
alter index backtests_finished_by_tenant rename to backtests_finished;

-- {"tickets": 30}: days. Where a class is not named, what is usual (include/winnow/domain/retention.hpp). The journal's
-- are in a column of their own, journal_retention_days.
alter table tenant_settings
    add column retention_days jsonb not null default '{}' check (jsonb_typeof(retention_days) = 'object');

-- Whoever forgets keys sees of them what that takes, and none that still opens anything.
do $$
declare
    name text;
begin
    foreach name in array array['api_keys', 'integration_keys'] loop
        execute format('drop policy every_tenant on %I', name);
    end loop;
end $$;
create policy forgets on api_keys to winnow_pipeline using (revoked_at is not null or expires_at <= now());
create policy forgets on integration_keys to winnow_pipeline using (revoked_at is not null);
grant select (tenant_id, key_id, revoked_at, expires_at), delete on api_keys to winnow_pipeline;
grant select (tenant_id, key_id, revoked_at), delete on integration_keys to winnow_pipeline;

grant delete on tickets, ticket_events, deliveries, rule_stats, silences to winnow_pipeline;
grant select, delete on rule_versions, ruleset_versions to winnow_pipeline;
