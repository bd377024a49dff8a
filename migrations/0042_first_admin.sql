-- 0042: the provider invites a tenant's first admin, who chooses a password by the link that is mailed.
-- compatible: yes

create policy provider on invitations to winnow_provider using (true) with check (true);
create policy provider_owes on server_mails for insert to winnow_provider with check (true);
grant select (tenant_id, user_id, state), insert, update (state) on invitations to winnow_provider;
grant insert on server_mails to winnow_provider;

-- In both chains, with the invitation that it tells of: without one of the same transaction nothing is appended. Whoever
-- calls it can append nothing else to a tenant's chain.
create function record_admin_invitation(a_tenant uuid, a_record text, a_detail text, a_salt bytea,
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
    perform audit_link(a_tenant, a_record, a_detail, a_salt);
    perform audit_append_provider(own_record, own_detail, own_salt);
end $$;
revoke all on function record_admin_invitation from public;
grant execute on function record_admin_invitation to winnow_provider;
