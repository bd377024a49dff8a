-- 0013: what is due is found without looking at everything that is not, and what deleting a row must look for has an
-- index.

-- Deleting a ticket, user or contact looks for what refers to it. First: while the indexes are built the
-- tables can still be read.
create index tickets_by_parent on tickets (tenant_id, parent_id) where parent_id is not null;
create index tickets_by_assignee on tickets (tenant_id, assignee) where assignee is not null;
create index api_keys_by_user on api_keys (tenant_id, user_id);
create index integration_keys_by_integration on integration_keys (tenant_id, integration_id);
create index contact_group_members_by_contact on contact_group_members (tenant_id, contact_id);

-- Quiet tickets whose explaining alert no longer fires are marked when it ends, rather than each of them being asked
-- every second. They, those of an outdated configuration, and those of one source each have an index.
alter table quiet_tickets add column source_ended boolean not null default false;
update quiet_tickets q set source_ended = true
 where q.source_key <> '' and not source_fires(q.tenant_id, q.source_key);
create index quiet_tickets_source_ended on quiet_tickets (tenant_id, ticket_id) where source_ended;
create index quiet_tickets_by_config on quiet_tickets (tenant_id, config_version);
create index quiet_tickets_by_source on quiet_tickets (tenant_id, source_key) where source_key <> '';
grant update (source_ended) on quiet_tickets to winnow_api;  -- closing a ticket by hand ends what it explains

-- Nothing that a stream still has to apply was received before `settled_at`: what reads it can leave out older days.
-- A node renews it by its own clock, which is also the one that stamps what is received.
alter table journal_streams add column settled_at timestamptz not null default now() - interval '1 day';
update journal_streams set settled_at = opened_at - interval '1 day' where ended_at is null;
