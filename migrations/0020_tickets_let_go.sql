-- 0020: what people do to held, quiet and almost closed tickets.
-- compatible: yes
--
-- A ticket whose trouble ended (recovered_at) while people were about to close it explains nothing any more.
create or replace function source_fires(tenant uuid, key text) returns boolean
    language sql stable parallel safe
    return case when left(key, 1) = 'i'
                then exists (select from alert_instances i
                              where i.tenant_id = tenant and i.instance_key = substr(key, 2) and i.firing)
                else exists (select from tickets t
                              where t.tenant_id = tenant and t.dedup_key = substr(key, 2)
                                and t.state not in ('recovered', 'closed')
                                and (t.recovered_at is null or t.state not in ('close_requested', 'returned'))) end;

-- A held ticket that somebody lets go becomes a quiet one that is due.
grant insert, update on quiet_tickets to winnow_api;
