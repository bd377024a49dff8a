-- 0014: finding tickets by text and label through an index.
--
-- Under row-level security an operator that is not leakproof (strpos, like, @>, &&) never reaches an index: the policy
-- must be asked of a row before such an operator sees it. So the search lives behind one function, which runs as the
-- owner, reads the transaction's tenant itself, takes none, and returns nothing but ids; what stands behind an id is then
-- read under the ordinary policy.

-- Counting by state and severity reads this and not the tickets, which are forty times as wide. First:
-- while it is built the tickets can still be read.
create index tickets_by_state on tickets (tenant_id, state, severity);

-- Filled off the fold, about a second behind it: what is not in here yet (beyond search_progress, or in search_due) is
-- found as a candidate without it.
create table ticket_search (
    tenant_id uuid   not null,
    ticket_id uuid   not null,
    body      text   not null,  -- lower case: title, description, dedup key, a line each
    tokens    int4[] not null,  -- search_tokens() of what may be asked for
    primary key (tenant_id, ticket_id),
    foreign key (tenant_id, ticket_id) references tickets on delete cascade
);
create index ticket_search_tokens on ticket_search using gin (tokens);

-- Numbers are handed out under the tenant's fold lock, so whoever sees one sees all before it.
create table search_progress (
    tenant_id      uuid   primary key references tenants on delete cascade,
    indexed_number bigint not null
);

-- Tickets whose words or labels have changed since they were indexed.
create table search_due (
    tenant_id uuid   not null,
    due_id    bigint not null generated always as identity,
    ticket_id uuid   not null,
    primary key (tenant_id, due_id),
    foreign key (tenant_id, ticket_id) references tickets on delete cascade
);
create index search_due_by_ticket on search_due (tenant_id, ticket_id);

create function ticket_text_changed() returns trigger language plpgsql as $$
begin
    insert into search_due (tenant_id, ticket_id) values (new.tenant_id, new.ticket_id);
    return null;
end $$;
create trigger ticket_text_changed after update of title, description, dedup_key, labels on tickets
    for each row when (old.title is distinct from new.title or old.description is distinct from new.description
                       or old.dedup_key is distinct from new.dedup_key or old.labels is distinct from new.labels)
    execute function ticket_text_changed();

-- Of runs of ASCII letters and digits up to three characters, of runs of anything beyond ASCII up to two: all of them of
-- a text that is indexed, the longest of one that is looked for. Any text that holds another one holds its grams, too.
create function search_grams(body text, indexed boolean) returns text[]
    language sql immutable strict parallel safe
    return (select coalesce(array_agg(distinct substr(run, at, width) collate "C"), '{}')
              from (select run, width, generate_series(1, length(run) - width + 1) as at
                      from (select run, generate_series(case when indexed then 1 else most end, most) as width
                              from (select m[1] as run,
                                           least(length(m[1]), case when m[1] < '{' collate "C" then 3 else 2 end) as most
                                      from regexp_matches(body collate "C", '([a-z0-9]+|[^\x01-\x7f]+)', 'g') as m
                                   ) as runs) as widths) as places);

-- Salted with the tenant, so that one's lists in the index are not another's. A filter: what it lets through is compared.
create function search_tokens(tenant uuid, grams text[]) returns int4[]
    language sql immutable strict parallel safe
    return (select coalesce(array_agg(('x' || left(md5(tenant::text || g), 8))::bit(32)::int4), '{}')
              from unnest(grams) as g);

create function label_grams(labels jsonb) returns text[]
    language sql immutable strict parallel safe
    return (select coalesce(array_agg('l:' || key || '=' || value), '{}') from jsonb_each_text(labels));

-- Of a description its first 8,192 characters: what is beyond is a dump, and costs its length squared.
create function search_body(title text, description text, dedup_key text) returns text
    language sql immutable strict parallel safe
    return lower(title || E'\n' || left(description, 8192) || E'\n' || dedup_key);

-- At most `wanted` tickets of the transaction's tenant that may hold the text and the labels, in no order. Fewer than
-- `wanted`: every ticket that holds them is among these.
create function find_tickets(needle text, labels text[], wanted integer) returns setof uuid
    language plpgsql stable security definer set search_path = public, pg_temp set enable_seqscan = off set jit = off as $$
declare
    tenant constant uuid := current_tenant();
    lowered constant text := lower(needle);
    asked constant int4[] := search_tokens(tenant, search_grams(lowered, false) || labels);
begin
    if tenant is null then
        return;
    end if;
    if cardinality(asked) = 0 then  -- nothing but blanks and signs, which most texts hold: as if too many were found
        return query select tenant from generate_series(1, wanted);
        return;
    end if;
    return query
        select d.ticket_id from search_due d where d.tenant_id = tenant limit wanted;
    return query
        select k.ticket_id from tickets k
         where k.tenant_id = tenant
           and k.number > coalesce((select p.indexed_number from search_progress p where p.tenant_id = tenant), 0)
         limit wanted;
    return query  -- materialized: the tokens choose the rows, whatever statistics say of the tenant
        with hit as materialized (select s.tenant_id, s.ticket_id, s.body from ticket_search s where s.tokens @> asked)
        select hit.ticket_id from hit where hit.tenant_id = tenant and strpos(hit.body, lowered) > 0 limit wanted;
end $$;
revoke all on function find_tickets from public;
grant execute on function find_tickets to winnow_api;

do $$
declare
    name text;
begin
    foreach name in array array['ticket_search', 'search_progress', 'search_due'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy own_tenant on %I to winnow_api
                        using (tenant_id = current_tenant()) with check (tenant_id = current_tenant())', name);
        execute format('create policy every_tenant on %I to winnow_pipeline using (true) with check (true)', name);
    end loop;
    foreach name in array array['ticket_search', 'search_progress', 'search_due', 'tickets'] loop
        execute format('create policy owner_reads on %I for select to winnow_owner using (true)', name);
    end loop;
end $$;

grant insert on search_due to winnow_api;  -- by the trigger
grant select, insert, update, delete on ticket_search, search_progress, search_due to winnow_pipeline;
