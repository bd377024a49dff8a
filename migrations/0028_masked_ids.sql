-- 0028: ids of alerts, tickets and receipts no longer count what other tenants send.
-- compatible: yes

-- The key that masks them (include/winnow/domain/alert_ids.hpp), on every node and for good: an id that was told must be
-- found in years. No tenant's. It keeps nothing from who reads this database, where the journal lies open; so it is not
-- sealed, and outlives the loss of the encryption key.
create table alert_id_root (
    one  boolean primary key default true check (one),
    root bytea   not null check (octet_length(root) = 16)
);
insert into alert_id_root (root)
values (substr(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 1, 16));
grant select on alert_id_root to winnow_pipeline;

-- Who masks writes streams of a range of its own, so that a stream's number tells how its alerts are called. A program
-- from before this step shows them by ids that are not masked while it is still at work; later they are not found.
alter table journal_streams alter column stream set maxvalue 2097151;
create sequence masked_streams as integer minvalue 2097152 maxvalue 4194303;
grant usage on sequence masked_streams to winnow_pipeline;
