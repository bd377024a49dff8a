-- 0015: a ticket shows its latest alert's words, and an end that is late ends nothing.

-- `title_edited`: a person wrote the title, so no alert changes it any more. `episode_starts_at`: when the present trouble
-- began, where its first alert said so; `last_end`: when the episode before ended, by the sender's clock.
alter table tickets
    add column title_edited      boolean not null default false,
    add column episode_starts_at timestamptz;
alter table alert_instances
    add column last_end timestamptz;

update tickets t set title_edited = true
  from (select distinct tenant_id, ticket_id from ticket_events
         where kind = 'edited' and data->'fields' ? 'title') as edited
 where t.tenant_id = edited.tenant_id and t.ticket_id = edited.ticket_id;
