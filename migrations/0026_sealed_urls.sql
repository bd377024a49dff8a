-- 0026: webhooks' URLs are secrets: chat services put a token into the path. They are sealed like signing secrets.
-- compatible: yes

-- Beside a sealed one `url` ends after host and port, which is what `receiver` is made of anyway. A program from before
-- this step would call what is left of it, so none is sealed while such a program is at work; once the first one is,
-- this step is no longer compatible (begin_sealing_urls), and such a program does not start any more.
alter table contacts add column sealed_url bytea not null default '';
create index contacts_unsealed on contacts (tenant_id, contact_id)
    where type = 'webhook' and sealed_url = '' and url <> '';
grant update (url, sealed_url) on contacts to winnow_pipeline;

-- Whether who writes the stream opens sealed URLs. Older programs do not say so.
alter table journal_streams add column opens_urls boolean not null default false;

-- Whether sealing has begun. Who asks in a statement that writes has read what was committed when it began; a URL that
-- is stored whole at that very moment is found by the chore's next round.
create function urls_are_sealed() returns boolean language sql stable
    begin atomic
        select not compatible from schema_migrations where name = '0026_sealed_urls';
    end;
revoke all on function urls_are_sealed from public;
grant execute on function urls_are_sealed to winnow_api, winnow_pipeline;

-- True from the moment on in which no older program has written a stream for five minutes. (One that lost its stream for
-- a moment opens another.)
create function begin_sealing_urls() returns boolean
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if urls_are_sealed() then
        return true;
    end if;
    if exists (select from journal_streams
                where not opens_urls and (ended_at is null or ended_at > now() - interval '5 minutes')) then
        return false;
    end if;
    update schema_migrations set compatible = false where name = '0026_sealed_urls';
    return true;
end $$;
revoke all on function begin_sealing_urls from public;
grant execute on function begin_sealing_urls to winnow_pipeline;
