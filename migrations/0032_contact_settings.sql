-- 0032: what a contact is reached by is one column, whatever its type, so that another channel needs no other ones.
-- compatible: yes

-- A text a setting, or {"shown", "sealed"}: the sealed bytes in base64, beside what everybody may see.
alter table contacts add column settings jsonb;

-- Who is called, as those whose calls are counted together. It was made of two types and a URL.
alter table contacts alter column receiver drop expression;

-- Programs from before this step know the columns only, and those from it on the settings only. Whichever is written, the
-- other follows; goes with the columns, once no program needs them.
create function contact_settings_follow() returns trigger language plpgsql as $$
begin
    if new.settings is null
       or (tg_op = 'UPDATE' and new.settings is not distinct from old.settings
           and (new.url, new.sealed_url, new.address, new.sealed_secret)
               is distinct from (old.url, old.sealed_url, old.address, old.sealed_secret)) then
        new.settings := coalesce(old.settings, '{}') - 'url' - 'address' - 'secret' || jsonb_strip_nulls(jsonb_build_object(
            'url', case when new.sealed_url <> ''
                        then jsonb_build_object('shown', new.url,
                                                'sealed', translate(encode(new.sealed_url, 'base64'), E'\n', ''))
                        else to_jsonb(nullif(new.url, '')) end,
            'address', nullif(new.address, ''),
            'secret', case when new.sealed_secret <> ''
                           then jsonb_build_object('sealed',
                                                   translate(encode(new.sealed_secret, 'base64'), E'\n', '')) end));
    elsif tg_op = 'INSERT' or new.settings is distinct from old.settings then
        new.url := coalesce(case jsonb_typeof(new.settings->'url') when 'string' then new.settings->>'url'
                                                                   else new.settings->'url'->>'shown' end, '');
        new.sealed_url := decode(coalesce(new.settings->'url'->>'sealed', ''), 'base64');
        new.address := coalesce(new.settings->>'address', '');
        new.sealed_secret := decode(coalesce(new.settings->'secret'->>'sealed', ''), 'base64');
    end if;
    -- Scheme, host and port; all mails leave by one server; what has no URL is one place a type.
    new.receiver := case
        when new.type = 'email' then 'mail'
        when new.type <> 'webhook' and new.url = '' then new.type
        else regexp_replace(
            regexp_replace(lower(coalesce(substring(new.url from '^[^:/?#]*://[^/?#]*'), '')), '//[^@]*@', '//'),
            '^(https://.*):443$|^(http://.*):80$', '\1\2') end;
    return new;
end $$;

-- The contacts that are there, of all tenants. Nobody has changed them, so nobody is told.
alter table contacts no force row level security;
alter table contacts disable trigger contacts_changed;
create trigger contacts_settings_follow before insert or update on contacts
    for each row execute function contact_settings_follow();
update contacts set settings = null;
alter table contacts enable trigger contacts_changed;
alter table contacts force row level security;

-- Which types there are is the program's to know; an older one leaves those that it does not know alone.
alter table contacts
    alter column settings set not null,
    drop constraint contacts_type_check,
    add constraint contacts_type_check check (type ~ '^[a-z][a-z0-9_]{0,39}$'),
    add constraint contacts_settings_check
        check (jsonb_typeof(settings) = 'object' and octet_length(settings::text) <= 32768
               and not jsonb_path_exists(settings, 'strict $.* ? (@.type() != "string" && @.type() != "object")'));
