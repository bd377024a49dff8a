-- 0018: deliveries are claimed by shares: first attempts before retries, and of each tenant and receiver so many.
-- compatible: yes

-- From tenant to tenant, from contact to contact, to the oldest: of what was never tried, and of what was.
create index deliveries_first on deliveries (tenant_id, contact_id, next_attempt_at)
    where state = 'pending' and attempts = 0;
create index deliveries_again on deliveries (tenant_id, contact_id, next_attempt_at)
    where state = 'pending' and attempts > 0;
