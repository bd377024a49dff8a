-- 0054: what tenants ask their provider, and what is answered.
-- compatible: yes

create table inquiries (
    tenant_id      uuid        not null references tenants on delete cascade,
    inquiry_id     uuid        not null,  -- in the order in which they were opened
    opened_by      uuid        not null,  -- a user, who may be gone by now
    opened_by_name text        not null check (char_length(opened_by_name) <= 200),
    subject        text        not null check (char_length(subject) between 1 and 200),
    state          text        not null check (state in ('open', 'answered', 'closed')),
    messages       bigint      not null check (messages between 1 and 200),
    opened_at      timestamptz not null,
    changed_at     timestamptz not null,
    closed_at      timestamptz check ((state = 'closed') = (closed_at is not null)),
    primary key (tenant_id, inquiry_id)
);
create index inquiries_by_id on inquiries (inquiry_id);  -- the provider's list goes through all tenants
create index inquiries_over on inquiries (changed_at);
select own_by_tenant('inquiries', 'select, insert', '');
create policy provider on inquiries to winnow_provider using (true) with check (true);
grant update (state, messages, changed_at, closed_at) on inquiries to winnow_api, winnow_provider;
grant select on inquiries to winnow_provider;
grant select (tenant_id, inquiry_id, changed_at), delete on inquiries to winnow_pipeline;

create table inquiry_messages (
    tenant_id   uuid        not null,
    inquiry_id  uuid        not null,
    seq         bigint      not null check (seq > 0),
    side        text        not null check (side in ('tenant', 'provider')),
    author      text        not null check (char_length(author) <= 100),
    author_name text        not null check (char_length(author_name) <= 200),
    body        text        not null check (char_length(body) between 1 and 10000),
    said_at     timestamptz not null,
    primary key (tenant_id, inquiry_id, seq),
    foreign key (tenant_id, inquiry_id) references inquiries on delete cascade
);
select own_by_tenant('inquiry_messages', 'select, insert', '');
create policy provider on inquiry_messages to winnow_provider using (true) with check (true);
grant select, insert on inquiry_messages to winnow_provider;

-- What the provider did to something of a tenant's stands in that tenant's chain, too. It is appended before the
-- provider's own link, which is the last of a transaction.
create function audit_append_providers_act(a_tenant uuid, a_record text, a_detail text, a_salt bytea) returns bigint
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if a_tenant is null or not exists (select from tenants t where t.tenant_id = a_tenant) then
        raise exception 'no tenant to record an act of' using errcode = 'insufficient_privilege';
    end if;
    if coalesce((a_record::jsonb)->>'actor', '') !~ '^provider(:|$)' then
        raise exception 'this is no act of the provider''s' using errcode = 'insufficient_privilege';
    end if;
    return audit_link(a_tenant, a_record, a_detail, a_salt);
end $$;
revoke all on function audit_append_providers_act from public;
grant execute on function audit_append_providers_act to winnow_provider;
