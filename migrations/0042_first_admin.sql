-- 0042: the provider invites a tenant's first admin, who chooses a password by the link that is mailed.
-- compatible: yes

create policy provider on invitations to winnow_provider using (true) with check (true);
create policy provider_owes on server_mails for insert to winnow_provider with check (true);
grant select (tenant_id, user_id, state), insert, update (state) on invitations to winnow_provider;
grant insert on server_mails to winnow_provider;
