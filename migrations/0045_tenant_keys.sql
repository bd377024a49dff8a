-- 0045: secrets are sealed under their tenants' own keys, which the vault has (migrations/vault/, docs/decisions/vault.md).
-- compatible: yes

-- A program from before this step, and a node without the vault, cannot open what is sealed so: none is as long as one is
-- at work. Once the first is, this step is no longer compatible, and such a program does not start any more.
create function tenant_keys_seal() returns boolean language sql stable
    begin atomic
        select not compatible from schema_migrations where name = '0045_tenant_keys';
    end;
revoke all on function tenant_keys_seal from public;
grant execute on function tenant_keys_seal to winnow_pipeline;

-- True from the moment on in which every node that has written a stream within five minutes is one of those with a vault.
-- ('released' is nobody's: rows that were set aside and are journaled anew, by a node that has a stream of its own.)
create function begin_tenant_keys(with_vault text[]) returns boolean
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if tenant_keys_seal() then
        return true;
    end if;
    if exists (select from journal_streams
                where node <> all (with_vault) and node <> 'released'
                  and (ended_at is null or ended_at > now() - interval '5 minutes')) then
        return false;
    end if;
    update schema_migrations set compatible = false where name = '0045_tenant_keys';
    return true;
end $$;
-- A database that no program has worked with yet is no older one's: its webhooks' URLs are sealed from the first one on
-- (begin_sealing_urls() of 0026 waits for the chore's first round).
update schema_migrations set compatible = false
 where name = '0026_sealed_urls' and not exists (select from journal_streams);

revoke all on function begin_tenant_keys from public;
grant execute on function begin_tenant_keys to winnow_pipeline;

-- Of a contact's sealed settings the oldest key version; 0 of one that no tenant's key has sealed, null where nothing is
-- sealed. The first eight characters of base64 hold the format and the version.
create function oldest_key_version(settings jsonb) returns int8 language sql immutable parallel safe
    begin atomic
        select min(case when get_byte(head, 0) = 2
                        then get_byte(head, 1)::int8 * 16777216 + get_byte(head, 2) * 65536
                             + get_byte(head, 3) * 256 + get_byte(head, 4)
                        else 0 end)
          from (select case when (value ->> 'sealed') ~ '^[A-Za-z0-9+/]{8}'
                            then decode(left(value ->> 'sealed', 8), 'base64') end as head
                  from jsonb_each(settings) where jsonb_typeof(value) = 'object') as sealed
         where head is not null;
    end;

create index contacts_by_key_version on contacts (tenant_id, oldest_key_version(settings), contact_id)
    where oldest_key_version(settings) is not null;
create index contacts_without_tenant_key on contacts (tenant_id, contact_id) where oldest_key_version(settings) = 0;
grant update (settings) on contacts to winnow_pipeline;

-- Of a value in a column of its own the same.
create function sealed_key_version(sealed bytea) returns int8 language sql immutable parallel safe
    begin atomic
        select case when coalesce(octet_length(sealed), 0) = 0 then null
                    when octet_length(sealed) >= 5 and get_byte(sealed, 0) = 2
                        then get_byte(sealed, 1)::int8 * 16777216 + get_byte(sealed, 2) * 65536
                             + get_byte(sealed, 3) * 256 + get_byte(sealed, 4)
                    else 0 end;
    end;

create index server_mails_by_key_version on server_mails (tenant_id, sealed_key_version(sealed_token), mail_id)
    where sealed_key_version(sealed_token) is not null;
create index server_mails_without_tenant_key on server_mails (tenant_id, mail_id)
    where sealed_key_version(sealed_token) = 0;
create index user_factors_by_key_version on user_factors (tenant_id, sealed_key_version(sealed), factor_id)
    where sealed_key_version(sealed) is not null;
create index user_factors_without_tenant_key on user_factors (tenant_id, factor_id) where sealed_key_version(sealed) = 0;
grant select (sealed), update (sealed) on user_factors to winnow_pipeline;
