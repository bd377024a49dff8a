#pragma once

/// @file
/// The statements of the vault's store. Private to it.

namespace winnow::pg::key_statements {

// Of the first node of all.
inline constexpr auto kFirstRoot = R"sql(
insert into root_keys (root_id, state) values ($1, 'current') on conflict do nothing
)sql";

inline constexpr auto kHere = R"sql(
insert into vault_nodes (node, roots, seen_at) values ($1, $2::text[], now())
on conflict (node) do update set roots = excluded.roots, seen_at = excluded.seen_at
)sql";
inline constexpr auto kLeave = "delete from vault_nodes where node = $1";
inline constexpr auto kForgetNodes = "delete from vault_nodes where seen_at < now() - interval '1 day'";

inline constexpr auto kKnownRoots = R"sql(
insert into root_keys (root_id, state) select r, 'waiting' from unnest($1::text[]) as r on conflict do nothing
)sql";

inline constexpr auto kAddSeals = R"sql(
update tenant_keys k set seals = k.seals + s.count
  from unnest($1::uuid[], $2::int8[], $3::int8[]) as s(tenant_id, version, count)
 where k.tenant_id = s.tenant_id and k.version = s.version
)sql";

inline constexpr auto kNews = R"sql(
select now(), r.root_id, r.created_at,
       array_to_string(array(select node from vault_nodes where seen_at > now() - interval '5 minutes'), E'\n')
  from root_keys r where r.state = 'current'
)sql";
// A change that was not committed yet when it was asked for last is found by the overlap.
inline constexpr auto kChanged = R"sql(
select tenant_id, version from tenant_keys where changed_at > $1::timestamptz - interval '1 minute'
)sql";

// One statement says both whether there is one and whether there has been one: between two, another node makes the
// first.
inline constexpr auto kCurrent = R"sql(
select tenant_id, version, root_id, wrapped, state = 'current' from tenant_keys where tenant_id = $1
 order by state = 'current' desc, version desc limit 1
)sql";
inline constexpr auto kFind = R"sql(
select tenant_id, version, root_id, wrapped from tenant_keys
 where tenant_id = $1 and version = $2 and state <> 'destroyed'
)sql";
inline constexpr auto kAddFirst = R"sql(
insert into tenant_keys (tenant_id, version, root_id, wrapped, state)
select $1::uuid, $2::int8, r.root_id, $4::bytea, 'current' from root_keys r
 where r.root_id = $3 and r.state <> 'destroyed' and not exists (select from tenant_keys where tenant_id = $1::uuid)
on conflict do nothing
)sql";
inline constexpr auto kNewest = R"sql(
select tenant_id, version, root_id, wrapped from tenant_keys
 where state <> 'destroyed' order by created_at desc limit $1
)sql";

inline constexpr auto kLockRoots = "select root_id, state from root_keys where state <> 'destroyed' for update";
inline constexpr auto kWithout = R"sql(
select count(*) from vault_nodes where seen_at > now() - interval '5 minutes' and $1 <> all(roots)
)sql";
inline constexpr auto kRetireRoot =
    "update root_keys set state = 'retiring', retired_at = now() where state = 'current'";
inline constexpr auto kMakeCurrent = "update root_keys set state = 'current', retired_at = null where root_id = $1";

inline constexpr auto kToRewrap = R"sql(
select k.tenant_id, k.version, k.root_id, k.wrapped
  from root_keys r join tenant_keys k on k.root_id = r.root_id and k.state <> 'destroyed'
 where r.state <> 'current' limit $1
)sql";
// Only by the root key that wraps now: who slept through another rotation changes nothing.
inline constexpr auto kRewrap = R"sql(
update tenant_keys k set root_id = n.root_id, wrapped = n.wrapped
  from unnest($1::uuid[], $2::int8[], $3::text[], $4::text[], $5::bytea[])
       as n(tenant_id, version, before, root_id, wrapped)
  join root_keys r on r.root_id = n.root_id and r.state = 'current'
 where k.tenant_id = n.tenant_id and k.version = n.version and k.root_id = n.before and k.state <> 'destroyed'
)sql";
inline constexpr auto kForgetRoots = R"sql(
update root_keys r set state = 'destroyed', retired_at = coalesce(r.retired_at, now()), destroyed_at = now()
 where r.state <> 'current' and r.state <> 'destroyed'
   and coalesce(r.retired_at, r.created_at) < now() - interval '1 day'
   and not exists (select from tenant_keys k where k.root_id = r.root_id and k.state <> 'destroyed')
   and not exists (select from vault_nodes n where r.root_id = any(n.roots) and n.seen_at > now() - interval '1 day')
)sql";

inline constexpr auto kDue = R"sql(
select tenant_id, version from tenant_keys
 where state = 'current' and created_at < now() - $2::int8 * interval '1 second'
 union
select tenant_id, version from tenant_keys where state = 'current' and seals >= $3::int8
 limit $1
)sql";
inline constexpr auto kRetire = R"sql(
update tenant_keys set state = 'retiring', retired_at = now(), changed_at = clock_timestamp()
 where tenant_id = $1 and version = $2 and state = 'current'
)sql";
inline constexpr auto kAdd = R"sql(
insert into tenant_keys (tenant_id, version, root_id, wrapped, state) values ($1, $2, $3, $4, 'current')
)sql";
inline constexpr auto kToReseal = R"sql(
select c.tenant_id, c.version from tenant_keys c
 where c.state = 'current' and c.tenant_id > $1
   and exists (select from tenant_keys o
                where o.tenant_id = c.tenant_id and o.state = 'retiring' and o.resealed_at is null)
 order by c.tenant_id limit $2
)sql";
inline constexpr auto kResealed = R"sql(
update tenant_keys set resealed_at = now()
 where tenant_id = $1 and version < $2 and state = 'retiring' and resealed_at is null
   and retired_at < now() - interval '5 minutes'
)sql";
inline constexpr auto kNotResealed = R"sql(
update tenant_keys set resealed_at = null
 where tenant_id = $1 and version < $2 and state = 'retiring' and resealed_at is not null
)sql";
inline constexpr auto kToDestroy = R"sql(
select tenant_id, version from tenant_keys
 where state = 'retiring' and resealed_at is not null and retired_at < now() - $2::int8 * interval '1 second'
 order by retired_at limit $1
)sql";
inline constexpr auto kDestroy = R"sql(
update tenant_keys k set state = 'destroyed', wrapped = '', destroyed_at = now(), changed_at = clock_timestamp()
  from unnest($1::uuid[], $2::int8[]) as d(tenant_id, version)
 where k.tenant_id = d.tenant_id and k.version = d.version and k.state = 'retiring'
)sql";
inline constexpr auto kDestroyAll = R"sql(
update tenant_keys set state = 'destroyed', wrapped = '', retired_at = coalesce(retired_at, now()), destroyed_at = now(),
                       changed_at = clock_timestamp()
 where tenant_id = $1 and state <> 'destroyed' returning version
)sql";

}  // namespace winnow::pg::key_statements
