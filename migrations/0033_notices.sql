-- 0033: what people are told of an event is stored once, however many are told: a notice. A delivery adds to it what its
-- contact has not heard before.
-- compatible: yes

create table notices (
    tenant_id  uuid        not null references tenants on delete cascade,
    ticket_id  uuid        not null,
    event_seq  integer     not null,
    content    jsonb       not null check (jsonb_typeof(content) = 'object'),
    public_url text        not null,  -- where its links lead
    created_at timestamptz not null default now(),
    primary key (tenant_id, ticket_id, event_seq)  -- no foreign key: it goes with the last delivery that tells of it
);
create index notices_by_age on notices (tenant_id, created_at);
alter table notices enable row level security;
alter table notices force row level security;
create policy own_tenant on notices to winnow_api
    using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()));
create policy every_tenant on notices to winnow_pipeline using (true) with check (true);
grant select on notices to winnow_api;
grant select, insert, delete on notices to winnow_pipeline;

-- Whether deliveries do without payloads. Until then notices are written beside them.
create function payloads_are_spared() returns boolean language sql stable
    begin atomic
        select coalesce(bool_or(not compatible), false) from schema_migrations where name = '0033_notices';
    end;
revoke all on function payloads_are_spared from public;
grant execute on function payloads_are_spared to winnow_pipeline;

-- True from the moment on in which no older program, which would send what is not there, has written a stream for five
-- minutes; from then on this step is none that a program may do without (as 0026).
create function begin_sparing_payloads() returns boolean
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if payloads_are_spared() then
        return true;
    end if;
    if exists (select from journal_streams
                where not reads_notices and (ended_at is null or ended_at > now() - interval '5 minutes')) then
        return false;
    end if;
    update schema_migrations set compatible = false where name = '0033_notices';
    return true;
end $$;
revoke all on function begin_sparing_payloads from public;
grant execute on function begin_sparing_payloads to winnow_pipeline;

-- Last, because nobody may read the tables meanwhile.
--
-- `payload`: the whole message, of what programs from before this step wrote or may have to send. `addition`: members that
-- take the place of the notice's.
alter table deliveries
    alter column payload drop not null,
    add column addition jsonb;

-- Whether who writes the stream reads notices. Older programs do not say so.
alter table journal_streams add column reads_notices boolean not null default false;
