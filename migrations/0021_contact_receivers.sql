-- 0021: deliveries are claimed by shares of receivers too.
-- compatible: yes

-- Who is called, as those whose calls are counted together: scheme, host and port of a webhook; all mails leave by one
-- server. Rewrites the table, which is small, and nobody reads it meanwhile: nothing that lasts belongs into this step.
alter table contacts
    add column receiver text not null generated always as (
        case when type = 'email' then 'mail'
             else regexp_replace(
                 regexp_replace(lower(coalesce(substring(url from '^[^:/?#]*://[^/?#]*'), '')), '//[^@]*@', '//'),
                 '^(https://.*):443$|^(http://.*):80$', '\1\2') end) stored;
