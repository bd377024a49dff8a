-- 0015: a ticket shows its latest alert's words, and an end that is late ends nothing.

-- `title_edited`: a person wrote the title, so no alert changes it any more. `episode_starts_at`: when the present trouble
-- began, where its first alert said so; `last_end`: when the episode before ended, by the sender's clock.
--
-- The timelines are read before the tickets are locked: meanwhile both can still be read and written.
do $$
declare
    tenants uuid[];
    edited uuid[];
begin
    select array_agg(tenant_id), array_agg(ticket_id) into tenants, edited
      from (select distinct tenant_id, ticket_id from ticket_events
             where kind = 'edited' and data->'fields' ? 'title') as titles;
    alter table tickets
        add column title_edited      boolean not null default false,
        add column episode_starts_at timestamptz;
    alter table alert_instances
        add column last_end timestamptz;
    update tickets t set title_edited = true
      from unnest(tenants, edited) as e(tenant_id, ticket_id)
     where t.tenant_id = e.tenant_id and t.ticket_id = e.ticket_id;
end $$;
