#include "pg/vault/vault_facts.hpp"

#include "pg/rows/values.hpp"

namespace winnow::pg {

namespace {

constexpr auto kRoots = R"sql(
select r.root_id, r.state,
       (select count(*) from tenant_keys k where k.root_id = r.root_id and k.state <> 'destroyed'),
       (select count(*) from vault_nodes n
         where r.root_id = any(n.roots) and n.seen_at > now() - interval '5 minutes'),
       r.created_at, r.retired_at, r.destroyed_at
  from root_keys r order by r.created_at desc, r.root_id limit 100
)sql";

constexpr auto kCounts = R"sql(
select (select count(*) from vault_nodes where seen_at > now() - interval '5 minutes'),
       (select count(*) from tenant_keys k join root_keys r on r.root_id = k.root_id
         where k.state <> 'destroyed' and r.state <> 'current'),
       (select count(*) from tenant_keys where state = 'retiring' and resealed_at is null),
       count(*) filter (where state = 'current'), count(*) filter (where state = 'retiring'),
       count(*) filter (where state = 'destroyed')
  from tenant_keys
)sql";

constexpr auto kOfTenant = R"sql(
select version, root_id, state, seals, created_at, retired_at, resealed_at, destroyed_at
  from tenant_keys where tenant_id = $1 order by version
)sql";

}  // namespace

ports::VaultFacts vault_facts(pqxx::transaction_base& tx)
{
    ports::VaultFacts facts;
    for (const auto& row : query(tx, kRoots)) {
        facts.roots.push_back({.root = text_of(row[0]),
                               .state = text_of(row[1]),
                               .keys = row[2].as<std::int64_t>(),
                               .nodes = row[3].as<std::int64_t>(),
                               .created_at = time_of(row[4]),
                               .retired_at = optional_time_of(row[5]),
                               .destroyed_at = optional_time_of(row[6])});
    }
    const auto counts = query(tx, kCounts)[0];
    facts.nodes = counts[0].as<std::int64_t>();
    facts.to_rewrap = counts[1].as<std::int64_t>();
    facts.to_reseal = counts[2].as<std::int64_t>();
    facts.current = counts[3].as<std::int64_t>();
    facts.retiring = counts[4].as<std::int64_t>();
    facts.destroyed = counts[5].as<std::int64_t>();
    return facts;
}

std::vector<ports::KeyFacts> key_facts(pqxx::transaction_base& tx, TenantId tenant)
{
    std::vector<ports::KeyFacts> keys;
    for (const auto& row : query(tx, kOfTenant, tenant)) {
        keys.push_back({.version = row[0].as<domain::KeyVersion>(),
                        .root = text_of(row[1]),
                        .state = text_of(row[2]),
                        .seals = row[3].as<std::int64_t>(),
                        .created_at = time_of(row[4]),
                        .retired_at = optional_time_of(row[5]),
                        .resealed_at = optional_time_of(row[6]),
                        .destroyed_at = optional_time_of(row[7])});
    }
    return keys;
}

}  // namespace winnow::pg
