-- 0006: rules that apply at certain hours of the week.

alter table rules add column schedule jsonb;  -- as the API shows it
