-- 0016: when no node served, so that time in which no sender could be heard does not count against alerts.
--
-- No tenant's: from the last heartbeat of any node (journal_streams.renewed_at) to the first one after it.

create table outages (
    began_at timestamptz primary key,
    ended_at timestamptz not null check (ended_at > began_at)
);
create index outages_by_end on outages (ended_at);
grant select, insert, delete on outages to winnow_pipeline;
