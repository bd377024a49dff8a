-- 0062: the provider invites the admin whom a tenant was made with, who has had nothing but a key so far.
-- compatible: yes

create policy owner_reads on user_passwords for select to winnow_owner using (true);
create policy owner_reads on user_identities for select to winnow_owner using (true);

-- Whether an active admin has neither a password nor a session, and is nobody's subject: nothing else of how people sign in is
-- the provider's to know.
create function is_admin_by_key_alone(a_tenant uuid, a_user uuid) returns boolean
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select exists (select from users u
                        where u.tenant_id = a_tenant and u.user_id = a_user and u.role = 'admin' and u.state = 'active')
               and not exists (select from user_passwords p where p.tenant_id = a_tenant and p.user_id = a_user)
               and not exists (select from user_identities i
                                 join oidc_providers o on o.tenant_id = i.tenant_id and o.provider_id = i.provider_id
                                where i.tenant_id = a_tenant and i.user_id = a_user and o.enabled)
               and not exists (select from sessions s
                                where s.tenant_id = a_tenant and s.user_id = a_user and s.state <> 'ended'
                                  and s.expires_at > now());
    end;
revoke all on function is_admin_by_key_alone from public;
grant execute on function is_admin_by_key_alone to winnow_provider;
