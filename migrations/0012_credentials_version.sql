-- 0012: credentials have a version and a notice of their own. A new key is no reason to load 10,000 rules again, nor to
-- look at every quiet ticket: config_version stands for the policy alone from here on. (A node from before this
-- migration hears of no credential any more; it asks again for each key after 30 seconds.)

alter table tenants add column credentials_version bigint not null default 1;

-- Counted by the owner: whoever may write or forget a key need not be able to write to tenants for it.
create policy owner_counts on tenants for update to winnow_owner using (true) with check (true);
create function credentials_changed() returns trigger
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    changed uuid;
begin
    if tg_op = 'DELETE' then changed := old.tenant_id; else changed := new.tenant_id; end if;
    if current_setting('winnow.credentials_changed', true) is distinct from txid_current()::text || changed::text then
        update tenants set credentials_version = credentials_version + 1 where tenant_id = changed;
        perform pg_notify('winnow_credentials', changed::text);
        perform set_config('winnow.credentials_changed', txid_current()::text || changed::text, true);
    end if;
    return null;
end $$;
revoke all on function credentials_changed from public;

do $$
declare
    name text;
begin
    foreach name in array array['users', 'api_keys', 'integrations', 'integration_keys'] loop
        execute format('drop trigger %I on %I', name || '_changed', name);
        execute format('create trigger %I after insert or update or delete on %I
                        for each row execute function credentials_changed()', name || '_changed', name);
    end loop;
end $$;
