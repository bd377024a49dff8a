-- 0060: a tenant's own audit log begins with its making, which tells of the admin and the key that it was given.
-- compatible: yes

-- In both chains, with the tenant that it tells of: without one of the same transaction nothing is appended. Whoever calls
-- it can append nothing else to a tenant's chain.
create function record_tenant_creation(a_tenant uuid, a_record text, a_detail text, a_salt bytea,
                                       own_record text, own_detail text, own_salt bytea) returns void
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if (a_record::jsonb)->>'act' is distinct from 'tenant.create'
       or (own_record::jsonb)->>'act' is distinct from 'tenant.create' then
        raise exception 'an audit record does not say what is done' using errcode = 'data_exception';
    end if;
    if not exists (select from tenants t where t.tenant_id = a_tenant and t.created_at = now()) then
        raise exception 'no tenant was made' using errcode = 'data_exception';
    end if;
    perform audit_link(a_tenant, a_record, a_detail, a_salt);
    perform audit_append_provider(own_record, own_detail, own_salt);
end $$;
revoke all on function record_tenant_creation from public;
grant execute on function record_tenant_creation to winnow_provider;
