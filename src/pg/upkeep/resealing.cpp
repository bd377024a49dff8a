#include "pg/upkeep/resealing.hpp"

#include "pg/notify/contact_settings.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"
#include "winnow/crypto/secret_bytes.hpp"
#include "winnow/crypto/tenant_key.hpp"
#include "winnow/domain/contact.hpp"
#include "winnow/observe/log.hpp"

#include <pqxx/nontransaction>

#include <array>
#include <utility>
#include <vector>

namespace winnow::pg {

namespace {

using ports::ChoreStep;
using ports::TenantVersion;

constexpr std::size_t kRowsAtOnce = 500;
constexpr std::size_t kTenantsAtOnce = 200;
constexpr std::size_t kKeysAtOnce = 100;

// The columns follow the settings (migration 0032).
constexpr std::array<std::string_view, 2> kSealedColumns{"contacts.sealed_secret", "contacts.sealed_url"};

constexpr auto kWithoutKey = R"sql(
select distinct tenant_id from contacts
 where oldest_key_version(settings) = 0 and tenant_id > $1 and tenant_keys_seal() order by tenant_id limit $2
)sql";

// Whoever changes a contact has the tenant's row first; so do we, and who is at it is left alone.
constexpr auto kLockTenant = "select 1 from tenants where tenant_id = $1 for no key update skip locked";
constexpr auto kOlder = R"sql(
select contact_id, settings from contacts
 where tenant_id = $1 and oldest_key_version(settings) < $2 and contact_id > $3
 order by contact_id limit $4 for no key update skip locked
)sql";
constexpr auto kIsOlder = R"sql(
select exists (select from contacts where tenant_id = $1 and oldest_key_version(settings) < $2)
)sql";
constexpr auto kStore = "update contacts set settings = $3::jsonb where tenant_id = $1 and contact_id = $2";

constexpr auto kUnknownColumns = R"sql(
select string_agg(c.relname || '.' || a.attname, ', ')
  from pg_attribute a join pg_class c on c.oid = a.attrelid
 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
   and a.attname like 'sealed%' and a.atttypid = 'bytea'::regtype and not a.attisdropped
   and c.relname || '.' || a.attname <> all ($1::text[])
)sql";

/// "" where there are none.
std::string unknown_columns(pqxx::transaction_base& tx)
{
    Arguments known;
    known.add_literal(array_of(sealed_columns()));
    return text_of(query(tx, kUnknownColumns, known)[0][0]);
}

}  // namespace

std::span<const std::string_view> sealed_columns() noexcept
{
    return kSealedColumns;
}

Result<ChoreStep> Resealing::step(const Sessions& pool)
{
    if (jobs_.empty()) {
        if (auto filled = fill(pool); !filled) return filled.error();
        if (jobs_.empty()) return ChoreStep{};
    }
    const auto job = jobs_.front();
    auto batch = pool.run([&](Session& session) { return this->batch(session, job); });
    if (batch && batch->seen == kRowsAtOnce) {
        after_ = batch->last;
        batch->done.more = true;
        return batch->done;
    }
    // Another tenant's turn, however this one's went: what is left of it the next round finds.
    jobs_.pop_front();
    after_ = {};
    if (!batch) return batch.error();
    if (batch->nothing_left) {
        if (auto told = vault_.keys->resealed(job, true); !told) return told.error();
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
        for (const auto& row : query(tx, kWithoutKey, after_without_key_, kTenantsAtOnce)) {
            tenants.push_back(id_of<TenantId>(row[0]));
        }
        return tenants;
    });
    if (!without) return without.error();
    for (const auto& tenant : *without) jobs_.push_back({.tenant = tenant, .version = 1});
    jobs_.insert(jobs_.end(), older->begin(), older->end());
    after_without_key_ = without->size() == kTenantsAtOnce ? without->back() : TenantId();
    after_older_ = older->size() == kTenantsAtOnce ? older->back().tenant : TenantId();
    return Done{};
}

Result<Resealing::Batch> Resealing::batch(Session& session, const TenantVersion& job)
{
    Transaction transaction(session);
    auto& tx = transaction.tx();
    Batch batch;
    if (query(tx, kLockTenant, job.tenant).empty()) return batch;
    const auto rows = query(tx, kOlder, job.tenant, job.version, after_, kRowsAtOnce);
    batch.seen = rows.size();
    for (const auto& row : rows) {
        batch.last = id_of<ContactId>(row[0]);
        const auto failed = reseal_row(tx, job, batch.last, text_of(row[1]));
        if (!failed) return failed.error();
        batch.done.failed += *failed;
        if (*failed == 0) ++batch.done.rows;
    }
    if (batch.done.failed > 0) {
        observe::warn("stored secrets cannot be sealed anew, and stay as they are",
                      {{"tenant", job.tenant.str()}, {"rows", batch.done.failed}});
    }
    // Of a tenant that has had no key yet the vault need not be told: it has no older version.
    batch.nothing_left = rows.empty() && after_.is_nil() && job.version > 1 &&
                         !query(tx, kIsOlder, job.tenant, job.version)[0][0].as<bool>();
    transaction.commit();
    return batch;
}

/// 1 where something of it does not open. An Error: nothing can be sealed now.
Result<std::size_t> Resealing::reseal_row(pqxx::transaction_base& tx, const TenantVersion& job, ContactId contact,
                                          std::string_view settings)
{
    auto read = read_settings(settings);
    bool changed = false;
    bool failed = false;
    for (auto& [name, setting] : read) {
        if (setting.sealed.empty() || crypto::key_version_of(setting.sealed).value_or(0) >= job.version) continue;
        const auto place = domain::sealed_setting_place(job.tenant, contact, name);
        auto secret = vault_.sealing->open(place, setting.sealed);
        if (!secret && secret.error().code() == ErrorCode::unavailable) return secret.error();
        if (!secret) {
            failed = true;
            continue;
        }
        auto anew = vault_.sealing->seal(place, *secret);
        crypto::cleanse(*secret);
        if (!anew && anew.error().code() == ErrorCode::conflict) {  // its tenant's keys were destroyed
            failed = true;
            continue;
        }
        if (!anew) return anew.error();
        changed = changed || *anew != setting.sealed;
        setting.sealed = *std::move(anew);
    }
    if (changed) query(tx, kStore, job.tenant, contact, settings_json(read, UrlsAre::sealed));
    return failed ? 1U : 0U;
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
            return Error(ErrorCode::internal, "no key is destroyed: this program does not know what is sealed in " + unknown);
        }
        for (const auto& of : *over) {
            const bool used = query(tx, kIsOlder, of.tenant, std::uint64_t{of.version} + 1)[0][0].as<bool>();
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
