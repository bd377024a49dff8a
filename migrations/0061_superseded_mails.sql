-- 0061: a mail whose link was superseded before it was sent is not sent any more.
-- compatible: yes

create policy owner_drops on server_mails to winnow_owner using (true) with check (true);

-- Of the proven tenant: whoever may call it learns nothing of who is written to.
create function drop_pending_mails(a_kind text, a_receiver text) returns void
    language sql security definer set search_path = public, pg_temp as $$
    delete from server_mails m
     where m.tenant_id = current_tenant() and m.kind = a_kind and m.receiver = a_receiver and m.state = 'pending'
$$;
revoke all on function drop_pending_mails from public;
grant execute on function drop_pending_mails to winnow_api;
