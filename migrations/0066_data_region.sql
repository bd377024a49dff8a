-- 0066: where a tenant's data is to lie.
-- compatible: yes
--
-- A program from before this step knows of no regions: it makes tenants that say of none, and serves all. '': the tenant
-- says of none, and every node serves it.
alter table tenants add column data_region text not null default '' check (data_region ~ '^([a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?)?$');
