#include "pg/upkeep/resealing.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"
#include "pg/upkeep/sealed_tables.hpp"
#include "winnow/observe/log.hpp"

#include <pqxx/nontransaction>

#include <string>
#include <utility>
#include <vector>

namespace winnow::pg {

namespace {

using ports::ChoreStep;
using ports::TenantVersion;

constexpr std::size_t kRowsAtOnce = 500;
constexpr std::size_t kTenantsAtOnce = 200;
constexpr std::size_t kKeysAtOnce = 100;

// Whoever changes a contact has the tenant's row first; so do we, and who is at it is left alone.
constexpr auto kLockTenant = "select 1 from tenants where tenant_id = $1 for no key update skip locked";

// Of tenants: what the provider's own staff have is sealed under a key of the configuration, and no tenant's.
constexpr auto kUnknownColumns = R"sql(
select string_agg(c.relname || '.' || a.attname, ', ')
  from pg_attribute a join pg_class c on c.oid = a.attrelid
 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
   and a.attname like 'sealed%' and a.atttypid = 'bytea'::regtype and not a.attisdropped
   and c.relname || '.' || a.attname <> all ($1::text[])
   and exists (select from pg_attribute t
                where t.attrelid = c.oid and t.attname = 'tenant_id' and not t.attisdropped)
)sql";

/// "" where there are none.
std::string unknown_columns(pqxx::transaction_base& tx)
{
    Arguments known;
    known.add_literal(array_of(sealed_columns()));
    return text_of(query(tx, kUnknownColumns, known)[0][0]);
}

}  // namespace

Result<ChoreStep> Resealing::step(const Sessions& pool)
{
    if (jobs_.empty()) {
        if (auto filled = fill(pool); !filled) return filled.error();
        if (jobs_.empty()) return ChoreStep{};
    }
    auto& job = jobs_.front();
    auto batch = pool.run([&](Session& session) { return this->batch(session, job); });
    if (batch && batch->seen > 0) job.found = true;
    if (batch && batch->seen == kRowsAtOnce) {
        after_ = batch->last;
        batch->done.more = true;
        return batch->done;
    }
    after_ = {};
    if (batch && job.table + 1 < sealed_tables().size()) {
        ++job.table;
        batch->done.more = true;
        return batch->done;
    }
    // Another tenant's turn, however this one's went: what is left of it the next round finds.
    const auto below = job.below;
    jobs_.pop_front();
    if (!batch) return batch.error();
    if (batch->nothing_left) {
        if (auto told = vault_.keys->resealed(below, true); !told) return told.error();
    }
    batch->done.more = !jobs_.empty() || !after_without_key_.is_nil() || !after_older_.is_nil();
    return batch->done;
}

/// A round goes once through the tenants. The vault is asked outside of any transaction.
Result<Done> Resealing::fill(const Sessions& pool)
{
    const auto older = vault_.keys->to_reseal(after_older_, kTenantsAtOnce);
    if (!older) return older.error();
    const auto without = pool.run([&](Session& session) -> Result<std::vector<TenantId>> {
        pqxx::nontransaction tx(session.connection());
        std::vector<TenantId> tenants;
        for (const auto& row : query(tx, kTenantsWithoutKey, after_without_key_, kTenantsAtOnce)) {
            tenants.push_back(id_of<TenantId>(row[0]));
        }
        return tenants;
    });
    if (!without) return without.error();
    for (const auto& tenant : *without) {
        // Of one whose keys were destroyed nothing is ever sealed again.
        const auto key = vault_.keys->current(tenant);
        if (!key && key.error().code() == ErrorCode::conflict) continue;
        jobs_.push_back({.below = {.tenant = tenant, .version = 1}});
    }
    for (const auto& current : *older) jobs_.push_back({.below = current});
    after_without_key_ = without->size() == kTenantsAtOnce ? without->back() : TenantId();
    after_older_ = older->size() == kTenantsAtOnce ? older->back().tenant : TenantId();
    return Done{};
}

Result<Resealing::Batch> Resealing::batch(Session& session, const Job& job)
{
    const auto& below = job.below;
    const auto& table = sealed_tables()[job.table];
    Transaction transaction(session);
    auto& tx = transaction.tx();
    Batch batch;
    if (query(tx, kLockTenant, below.tenant).empty()) return batch;
    const auto rows = query(tx, table.older, below.tenant, below.version, after_, kRowsAtOnce);
    batch.seen = rows.size();
    for (const auto& row : rows) {
        batch.last = uuid_of(row[0]);
        const auto failed = table.reseal(tx, *vault_.sealing, below, row);
        if (!failed) return failed.error();
        batch.done.failed += *failed;
        if (*failed == 0) ++batch.done.rows;
    }
    if (batch.done.failed > 0) {
        observe::warn("stored secrets cannot be sealed anew, and stay as they are",
                      {{"tenant", below.tenant.str()}, {"rows", batch.done.failed}});
    }
    // Of a tenant that has had no key yet the vault need not be told: it has no older version.
    batch.nothing_left = job.table + 1 == sealed_tables().size() && rows.empty() && !job.found && below.version > 1 &&
                         !query(tx, kSealedUnderOlder, below.tenant, below.version)[0][0].as<bool>();
    transaction.commit();
    return batch;
}

Result<ChoreStep> destroy_keys(const Sessions& pool, const VaultChores& vault)
{
    const auto over = vault.keys->to_destroy(kKeysAtOnce, vault.keep_retired);
    if (!over) return over.error();
    if (over->empty()) return ChoreStep{};
    std::vector<TenantVersion> unused;
    std::vector<TenantVersion> in_use;
    const auto looked = pool.run([&](Session& session) -> Result<Done> {
        pqxx::nontransaction tx(session.connection());
        if (const auto unknown = unknown_columns(tx); !unknown.empty()) {
            return Error(ErrorCode::internal,
                         "no key is destroyed: this program does not know what is sealed in " + unknown);
        }
        for (const auto& of : *over) {
            const bool used = query(tx, kSealedUnderOlder, of.tenant, std::uint64_t{of.version} + 1)[0][0].as<bool>();
            (used ? in_use : unused).push_back(of);
        }
        return Done{};
    });
    if (!looked) return looked.error();
    for (const auto& of : in_use) {
        if (auto told = vault.keys->resealed({.tenant = of.tenant, .version = of.version + 1}, false); !told) {
            return told.error();
        }
    }
    if (unused.empty()) return ChoreStep{};
    const auto destroyed = vault.keys->destroy(unused);
    if (!destroyed) return destroyed.error();
    return ChoreStep{.rows = *destroyed, .more = over->size() == kKeysAtOnce};
}

}  // namespace winnow::pg
