-- 0053: what the provider announces, to all tenants or to some, and who has read it.
-- compatible: yes

-- No tenant's own: what is for all stands once. Reached by tenants through tenant_announcements() alone.
create table announcements (
    announcement_id uuid        primary key,  -- in the order in which they were published
    kind            text        not null check (kind in ('maintenance', 'change', 'incident', 'advisory')),
    title           text        not null check (char_length(title) between 1 and 200),
    body            text        not null check (char_length(body) between 1 and 10000),
    starts_at       timestamptz,
    ends_at         timestamptz check (ends_at > starts_at),
    for_all         boolean     not null,
    published_at    timestamptz not null default now(),
    withdrawn_at    timestamptz
);
create index announcements_over on announcements (published_at);
grant select, insert, update (withdrawn_at) on announcements to winnow_provider;
grant select (announcement_id, published_at), delete on announcements to winnow_pipeline;

-- Whom those are for that are not for all.
create table announcement_targets (
    tenant_id       uuid        not null references tenants on delete cascade,
    announcement_id uuid        not null,
    made_at         timestamptz not null default now(),
    primary key (tenant_id, announcement_id)
);
create index announcement_targets_by_announcement on announcement_targets (announcement_id);
create index announcement_targets_over on announcement_targets (made_at);
select own_by_tenant('announcement_targets', 'select', '');
create policy provider on announcement_targets to winnow_provider using (true) with check (true);
create policy owner_reads on announcement_targets for select to winnow_owner using (true);
grant select, insert on announcement_targets to winnow_provider;
grant select (tenant_id, announcement_id, made_at), delete on announcement_targets to winnow_pipeline;

-- When each of a tenant's people has read it, for the first time.
create table announcement_reads (
    tenant_id       uuid        not null,
    user_id         uuid        not null,
    announcement_id uuid        not null,
    read_at         timestamptz not null default now(),
    primary key (tenant_id, user_id, announcement_id),
    foreign key (tenant_id, user_id) references users on delete cascade
);
create index announcement_reads_by_announcement on announcement_reads (announcement_id);
create index announcement_reads_over on announcement_reads (read_at);
select own_by_tenant('announcement_reads', 'select, insert', '');
create policy provider on announcement_reads for select to winnow_provider using (true);
grant select (tenant_id, announcement_id) on announcement_reads to winnow_provider;  -- how many; not who
grant select (tenant_id, user_id, announcement_id, read_at), delete on announcement_reads to winnow_pipeline;

-- What is announced to the transaction's tenant, the newest first: at most `most` before `before` (null: from the newest
-- on), or that one alone. Whoever calls it asks the table of targets as well, under its policy.
create function tenant_announcements(before uuid, only_one uuid, most bigint)
    returns table (announcement_id uuid, kind text, title text, body text, starts_at timestamptz, ends_at timestamptz,
                   for_all boolean, published_at timestamptz, withdrawn_at timestamptz)
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select a.announcement_id, a.kind, a.title, a.body, a.starts_at, a.ends_at, a.for_all, a.published_at,
               a.withdrawn_at
          from announcements a
         where (select current_tenant()) is not null
           and (a.for_all or exists (select from announcement_targets t
                                      where t.tenant_id = (select current_tenant())
                                        and t.announcement_id = a.announcement_id))
           and (before is null or a.announcement_id < before)
           and (only_one is null or a.announcement_id = only_one)
         order by a.announcement_id desc
         limit most;
    end;
revoke all on function tenant_announcements from public;
grant execute on function tenant_announcements to winnow_api;

-- Of mails that tell of something that has a title.
alter table server_mails add column about text not null default '' check (char_length(about) <= 200);
