-- 0063: whoever invites sees what became of the mail.
-- compatible: yes

-- Of the proven tenant: of the invitation that was made then, to whom its caller has invited. What was sent leaves no row.
create function invitation_mail(a_receiver text, made_at timestamptz) returns text
    language sql stable security definer set search_path = public, pg_temp as $$
    select case when bool_or(m.state = 'pending') then 'waiting' when count(*) > 0 then 'given_up' else 'sent' end
      from server_mails m
     where m.tenant_id = current_tenant() and m.kind = 'invitation' and m.receiver = a_receiver and m.owed_at >= made_at
$$;
revoke all on function invitation_mail from public;
grant execute on function invitation_mail to winnow_api;
