-- 0009: what is owed to one contact about one ticket is told in order, one message at a time. What is overtaken before it
-- got through is `superseded`, by the message that `superseded_by` names.

-- The chain of a ticket and contact: only what is not finished, so a long history costs a claim nothing.
create index deliveries_chain on deliveries (tenant_id, ticket_id, contact_id, event_seq)
    where state in ('pending', 'sending');

-- Last, because nobody may read the table meanwhile. Not validated: every row that is there meets the narrower check
-- that this one takes the place of.
alter table deliveries
    add column superseded_by uuid,
    drop constraint deliveries_state_check,
    add constraint deliveries_state_check
        check (state in ('pending', 'sending', 'delivered', 'dead', 'cancelled', 'superseded')) not valid;
