-- 0018: deliveries are claimed by shares: first attempts before retries, and of each tenant and receiver so many.
-- compatible: yes

-- Who is called, as those whose calls are counted together: scheme, host and port of a webhook; all mails leave by one
-- server. Rewrites the table, which is small.
alter table contacts
    add column receiver text not null generated always as (
        case when type = 'email' then 'mail'
             else regexp_replace(
                 regexp_replace(lower(coalesce(substring(url from '^[^:/?#]*://[^/?#]*'), '')), '//[^@]*@', '//'),
                 '^(https://.*):443$|^(http://.*):80$', '\1\2') end) stored;

-- From tenant to tenant, from contact to contact, to the oldest: of what was never tried, and of what was.
create index deliveries_first on deliveries (tenant_id, contact_id, next_attempt_at)
    where state = 'pending' and attempts = 0;
create index deliveries_again on deliveries (tenant_id, contact_id, next_attempt_at)
    where state = 'pending' and attempts > 0;
