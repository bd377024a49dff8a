-- 0025: chores are done tenant by tenant, and what cannot be done of one stops no other.
-- compatible: yes

-- A source or service may be longer than an index takes. Beyond 256 bytes: its beginning, to the end of a character, and
-- what tells it from others that begin alike (domain::noise_key).
create function noise_key(key text) returns text
    language sql immutable strict parallel safe
    return (select case when octet_length(b) <= 256 then key
                        else convert_from(substr(b, 1, 223 - case when get_byte(b, 223) & 192 <> 128 then 0
                                                                  when get_byte(b, 222) & 192 <> 128 then 1
                                                                  when get_byte(b, 221) & 192 <> 128 then 2
                                                                  else 3 end), 'UTF8')
                             || '~' || left(encode(sha256(b), 'hex'), 32) end
              from convert_to(key, 'UTF8') as b);

-- A row that a chore cannot take in, as it was, so that those behind it go on. For whoever looks into it; at most a hundred
-- a tenant.
create table chore_set_asides (
    tenant_id    uuid        not null references tenants on delete cascade,
    entry        bigint      not null generated always as identity,
    chore        text        not null,
    reason       text        not null,
    content      jsonb       not null,
    set_aside_at timestamptz not null default now(),
    primary key (tenant_id, entry)
);
create index chore_set_asides_by_age on chore_set_asides (tenant_id, set_aside_at);
alter table chore_set_asides enable row level security;
alter table chore_set_asides force row level security;
create policy own_tenant on chore_set_asides to winnow_api
    using (tenant_id = current_tenant()) with check (tenant_id = current_tenant());
create policy every_tenant on chore_set_asides to winnow_pipeline using (true) with check (true);
grant select, insert, delete on chore_set_asides to winnow_pipeline;

-- A ticket that the search index could not take in waits here, where searches look for it, and is tried again then.
alter table search_due add column retry_at timestamptz;
