-- 0064: who is an admin or auditor is narrowed to no management groups; the provider invites nobody into a tenant that is at its
-- end, and says whether a tenant has an admin who gets in.
-- compatible: yes
--
-- A program from before this step that makes a narrowed user an admin by a provider's word is refused that.

alter table users no force row level security;
update users set management_group_ids = null, version = version + 1, updated_at = now()
 where management_group_ids is not null and (audits or role = 'admin');
alter table users force row level security;
alter table users add constraint users_admins_see_all
    check (management_group_ids is null or (role <> 'admin' and not audits)) not valid;
alter table users validate constraint users_admins_see_all;

-- Beside the one with a user's address: an active admin who has more than a key.
create function has_admin_who_signs_in(a_tenant uuid) returns boolean
    language sql stable security definer set search_path = public, pg_temp
    begin atomic
        select exists (select from users u
                        where u.tenant_id = a_tenant and u.role = 'admin' and u.state = 'active'
                          and not is_admin_by_key_alone(u.tenant_id, u.user_id));
    end;
revoke all on function has_admin_who_signs_in from public;
grant execute on function has_admin_who_signs_in to winnow_provider;

create or replace function record_admin_invitation(a_tenant uuid, a_record text, a_detail text, a_salt bytea,
                                                   own_record text, own_detail text, own_salt bytea) returns void
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if (a_record::jsonb)->>'act' is distinct from 'tenant.invite_admin'
       or (own_record::jsonb)->>'act' is distinct from 'tenant.invite_admin' then
        raise exception 'an audit record does not say what is done' using errcode = 'data_exception';
    end if;
    if not exists (select from invitations i
                    where i.tenant_id = a_tenant and i.state = 'pending' and i.created_at = now()) then
        raise exception 'nobody was invited' using errcode = 'data_exception';
    end if;
    if exists (select from tenants t where t.tenant_id = a_tenant and t.state in ('closing', 'erasing')) then
        raise exception 'nobody joins a tenant at its end' using errcode = 'data_exception';
    end if;
    perform audit_link(a_tenant, a_record, a_detail, a_salt);
    perform audit_append_provider(own_record, own_detail, own_salt);
end $$;
