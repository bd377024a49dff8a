-- 0043: whatever ends or changes somebody's access says so to all nodes when it commits
-- (docs/decisions/revoked-within-a-second.md).
-- compatible: yes
--
-- A program from before this step raises these notices, too, and goes on hearing of changes as it did.

-- `<tenant>:<kind>:<id>`: the trigger names the kind's letter (include/winnow/access/revoked.hpp) and the column of the id;
-- `<tenant>:<kind>` where it names no column. Any change counts, so that no column that comes later can be forgotten. The
-- transaction knows of it, too: the node whose it is asks before it answers (docs/decisions/noted-before-the-answer.md).
create function revoked() returns trigger
    language plpgsql set search_path = public, pg_temp as $$
declare
    changed jsonb;
begin
    if tg_op = 'INSERT' then changed := to_jsonb(new); else changed := to_jsonb(old); end if;
    perform pg_notify('winnow_revoked', (changed ->> 'tenant_id') || ':' || tg_argv[0]
                                        || coalesce(':' || (changed ->> tg_argv[1]), ''));
    perform set_config('winnow.revoked', 'yes', true);
    return null;
end $$;
revoke all on function revoked from public;

create trigger users_revoked after update or delete on users
    for each row execute function revoked('u', 'user_id');
create trigger integrations_revoked after update or delete on integrations
    for each row execute function revoked('i', 'integration_id');
-- One that was taken back or has expired opens nothing, and is forgotten some day.
create trigger api_keys_revoked after update or delete on api_keys
    for each row when (old.revoked_at is null and (old.expires_at is null or old.expires_at > now()))
    execute function revoked('k', 'key_id');
create trigger integration_keys_revoked after update or delete on integration_keys
    for each row when (old.revoked_at is null) execute function revoked('k', 'key_id');
-- Versions of a tenant's configuration change all the time, and are nothing of the kind.
create trigger tenants_revoked after update of state on tenants
    for each row when (old.state is distinct from new.state) execute function revoked('t');
-- Of who was signed in fully: half a session is in no cache. That one was used, once a minute, changes nothing. They take no
-- version of their tenant: nothing is added that anybody would have to hear of.
create trigger sessions_revoked after update on sessions
    for each row when (old.state = 'active'
                       and to_jsonb(old) - 'last_seen_at' is distinct from to_jsonb(new) - 'last_seen_at')
    execute function revoked('s', 'session_id');
create trigger sessions_deleted after delete on sessions
    for each row when (old.state = 'active' and old.expires_at > now())
    execute function revoked('s', 'session_id');
