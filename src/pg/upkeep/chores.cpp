#include "winnow/pg/chores.hpp"

#include "pg/audit/heads.hpp"
#include "pg/erasure/erasing.hpp"
#include "pg/noise/gatherer.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"
#include "pg/turns/chore_manners.hpp"
#include "pg/turns/fold_lock.hpp"
#include "pg/turns/tenant_rounds.hpp"
#include "pg/upkeep/history.hpp"
#include "pg/upkeep/purges.hpp"
#include "pg/upkeep/resealing.hpp"
#include "pg/upkeep/sealing.hpp"
#include "pg/upkeep/walks.hpp"

#include <pqxx/nontransaction>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::pg {

namespace {

using ports::Chore;
using ports::ChoreStep;

constexpr std::int32_t kChoreLockClass = 0x574E4348;
constexpr std::size_t kGatherAtOnce = 100;  // of a flood, 200,000 counts
constexpr int kAlertRowsAtOnce = 500;       // of up to 2,000 alerts each
constexpr std::size_t kKeysRewrappedAtOnce = 500;
constexpr std::size_t kKeysRenewedAtOnce = 50;
constexpr int kDaysAhead = 4;
constexpr int kMonthsAhead = 4;
constexpr int kAccessRowsAtOnce = 2'000;
constexpr int kRecountAtOnce = 20;  // tenants

// See migration 0029, and for how it tells who is at work 0026, too.
constexpr auto kRequireProofs = "select require_tenant_proofs()";
constexpr auto kSparePayloads = "select begin_sparing_payloads()";  // 0033
constexpr auto kMeasureTable = "select measure_table_that_grew()";  // 0039
constexpr auto kMakePartitions = "select make_day_partitions((now() at time zone 'UTC')::date, $1::int4)";
// The longest of any tenant: a day's partition is everybody's.
constexpr auto kDropPartitions = R"sql(
select drop_day_partitions((now() at time zone 'UTC')::date
           - least(coalesce((select max(coalesce(s.journal_retention_days, $2::int))
                               from tenants t left join tenant_settings s using (tenant_id)), $2::int), $1::int))
)sql";

// As those of the journal, by months.
constexpr auto kMakeAccessPartitions = "select make_access_partitions((now() at time zone 'UTC')::date, $1::int4)";
constexpr auto kDropAccessPartition = R"sql(
select drop_access_partition((now() at time zone 'UTC')::date
           - least(coalesce((select max(days_kept(s.retention_days, 'access_log', $2::int))
                               from tenants t left join tenant_settings s using (tenant_id)), $2::int), $1::int))
)sql";

// 0 where it is the caller's from now on. One that is begun at a time to come was before the clock was put back.
constexpr auto kClaim = R"sql(
with claimed as (
    insert into chore_runs as r (chore, begun_at) values ($1, now())
    on conflict (chore) do update set begun_at = now()
     where r.begun_at <= now() - $2::int8 * interval '1 millisecond' or r.begun_at > now()
    returning 1)
select case when exists (select from claimed) then 0
            else greatest(1, coalesce((select $2::int8 - floor(extract(epoch from now() - begun_at) * 1000)::int8
                                         from chore_runs where chore = $1), $2::int8)) end
)sql";

ChoreStep make_partitions(pqxx::transaction_base& tx)
{
    query(tx, kMakePartitions, kDaysAhead);
    return {};
}

ChoreStep require_proofs(pqxx::transaction_base& tx)
{
    tx.exec(kRequireProofs);
    return {};
}

ChoreStep spare_payloads(pqxx::transaction_base& tx)
{
    tx.exec(kSparePayloads);
    return {};
}

ChoreStep measure_table(pqxx::transaction_base& tx)
{
    const auto measured = tx.exec(kMeasureTable)[0][0].as<bool>();
    return {.rows = measured ? 1U : 0U, .more = measured};
}

ChoreStep recount_quotas(pqxx::transaction_base& tx)
{
    const auto tenants = query(tx, "select recount_quotas($1::int)", kRecountAtOnce)[0][0].as<int>();
    return {.rows = static_cast<std::size_t>(tenants), .more = tenants == kRecountAtOnce};
}

ChoreStep drop_partitions(pqxx::transaction_base& tx, const ChoreLimits& limits)
{
    const auto dropped = query(tx, kDropPartitions, limits.max_retention.count(),
                               domain::class_of(domain::Kept::journal).usual.count())[0][0]
                             .as<std::size_t>();
    return {.rows = dropped, .more = dropped > 0};
}

ChoreStep forget_alerts(pqxx::transaction_base& tx, const ChoreLimits& limits, const Stretch& stretch,
                        const std::string& without)
{
    tx.exec(kChoreManners);
    const auto row = query(tx,
                           "select forgotten, more from forget_alerts($1::int, $2::int, $3::int, $4::uuid, $5::uuid, "
                           "$6::uuid[])",
                           kAlertRowsAtOnce, domain::class_of(domain::Kept::journal).usual.count(),
                           limits.max_retention.count(), stretch.first, stretch.last, without)[0];
    return {.rows = row[0].as<std::size_t>(), .more = row[1].as<bool>()};
}

ChoreStep make_access_partitions(pqxx::transaction_base& tx)
{
    query(tx, kMakeAccessPartitions, kMonthsAhead);
    return {};
}

ChoreStep drop_access_partition(pqxx::transaction_base& tx, const ChoreLimits& limits)
{
    const auto dropped = query(tx, kDropAccessPartition, limits.max_retention.count(),
                               domain::class_of(domain::Kept::access_log).usual.count())[0][0]
                             .as<std::size_t>();
    return {.rows = dropped, .more = dropped > 0};
}

ChoreStep forget_access(pqxx::transaction_base& tx, const ChoreLimits& limits, const Stretch& stretch,
                        const std::string& without)
{
    tx.exec(kChoreManners);
    const auto row = query(tx,
                           "select forgotten, more from forget_access($1::int, $2::int, $3::int, $4::uuid, $5::uuid, "
                           "$6::uuid[])",
                           kAccessRowsAtOnce, domain::class_of(domain::Kept::access_log).usual.count(),
                           limits.max_retention.count(), stretch.first, stretch.last, without)[0];
    return {.rows = row[0].as<std::size_t>(), .more = row[1].as<bool>()};
}

/// Adds what a statement about a class is told.
void add_class(Arguments& arguments, const std::optional<domain::Kept>& kept, const ChoreLimits& limits)
{
    if (!kept) return;
    const auto& about = domain::class_of(*kept);
    arguments.add(limits.max_retention.count());
    arguments.add(about.usual.count());
    arguments.add(about.word);
    arguments.add(domain::class_of(domain::Kept::journal).usual.count());
}

ChoreStep forget(pqxx::transaction_base& tx, const Purge& purge, const ChoreLimits& limits, const Stretch& stretch,
                 const std::string& without)
{
    tx.exec(kChoreManners);
    ChoreStep done;
    for (const auto& [sql, at_once] : purge.removals) {
        if (sql == nullptr) break;
        Arguments arguments;
        arguments.add(at_once);
        add_class(arguments, purge.kept, limits);
        if (purge.kept) {
            arguments.add(stretch.first);
            arguments.add(stretch.last);
            arguments.add_literal(without);
        }
        if (purge.spares_newest) arguments.add(limits.newest_rulesets);
        const auto removed = query(tx, sql, arguments).affected_rows();
        done.rows += removed;
        done.more = removed >= at_once;
        if (done.more) break;
    }
    return done;
}

/// Takes the fold locks of those whose rows come next; the array of those that it got.
std::string lock_next(pqxx::transaction_base& tx, const Walk& walk, const Stretch& place)
{
    ArrayLiteral locked;
    for (const auto& row : query(tx, walk.tenants, walk.at_once, place.first, place.second, place.third)) {
        const auto tenant = id_of<TenantId>(row[0]);
        if (try_lock_folding(tx, tenant)) locked.add(tenant);
    }
    return locked.take();
}

/// Where the walk has come to is this node's own: another one walks by itself, and finds less.
ChoreStep walk_on(pqxx::transaction_base& tx, const Walk& walk, const ChoreLimits& limits, Stretch& place,
                  const std::string& without)
{
    tx.exec(kChoreManners);
    Arguments arguments;
    arguments.add(walk.at_once);
    for (const auto& key : {place.first, place.second, place.third, place.last}) arguments.add(key);
    arguments.add_literal(without);
    add_class(arguments, walk.kept, limits);
    // A statement of its own: what it finds must have been seen after the locks were taken.
    if (walk.tenants != nullptr) arguments.add_literal(lock_next(tx, walk, place));
    const auto rows = query(tx, walk.sql, arguments);
    if (rows.empty() || rows[0][0].as<std::size_t>() < walk.at_once) {
        return {.rows = rows.empty() ? 0 : rows[0][1].as<std::size_t>(), .more = false};
    }
    place.first = text_of(rows[0][2]);
    place.second = text_of(rows[0][3]);
    place.third = text_of(rows[0][4]);
    return {.rows = rows[0][1].as<std::size_t>(), .more = true};
}

class PgChores final : public ports::Chores {
public:
    PgChores(const Sessions& sessions, ChoreLimits limits, SealUrl seal_url, HeadSigner signer,
             const std::optional<VaultChores>& vault)
        : pool_(sessions.of(Errand::chores))
    {
        using namespace std::chrono_literals;
        add({.name = "make_partitions", .interval = 1h}, make_partitions);
        add({.name = "drop_partitions", .interval = 1h}, [limits](auto& tx) { return drop_partitions(tx, limits); });
        add({.name = "measure_tables", .interval = 1s, .on_board = true}, measure_table);
        add({.name = "gather_noise", .interval = 5s, .on_board = true},
            [this](auto& tx) { return noise_.gather(tx, kGatherAtOnce); });
        add({.name = "require_proofs", .interval = 15s, .on_board = true}, require_proofs);
        add({.name = "spare_payloads", .interval = 15s, .on_board = true}, spare_payloads);
        if (seal_url) {
            add({.name = "seal_urls", .interval = 15s, .on_board = true},
                [seal_url](auto& tx) { return seal_urls(tx, seal_url); });
        }
        if (signer.sign) {
            add({.name = "sign_heads", .interval = 1min, .on_board = true},
                [signer](auto& tx) { return sign_heads(tx, signer); });
        }
        add({.name = "forget_audit", .interval = 1h}, [limits](auto& tx) { return cut_chain(tx, limits.audit); });
        add({.name = "count_quotas", .interval = 1h}, recount_quotas);
        if (vault) add_vault(*vault);
        list_.push_back({.name = "erase_tenants", .interval = 15s, .on_board = true});
        steps_.emplace_back(
            [this, erasing = std::make_shared<Erasing>(limits, signer, vault)] { return erasing->step(pool_); });
        add_by_tenant({.name = "gather_history", .interval = 5s, .on_board = true}, gather_history);
        add_by_tenant({.name = "count_history", .interval = 1min, .on_board = true}, count_history);
        add_by_tenant({.name = "forget_alerts", .interval = 1h},
                      [limits](auto& tx, auto& stretch, const auto& without) {
                          return forget_alerts(tx, limits, stretch, without);
                      });
        add({.name = "make_access_partitions", .interval = 1h}, make_access_partitions);
        add({.name = "drop_access_partitions", .interval = 1h},
            [limits](auto& tx) { return drop_access_partition(tx, limits); });
        add_by_tenant({.name = "forget_access", .interval = 1h},
                      [limits](auto& tx, auto& stretch, const auto& without) {
                          return forget_access(tx, limits, stretch, without);
                      });
        for (const auto& purge : purges()) {
            Chore chore{.name = "forget_" + std::string(purge.name), .interval = purge.interval};
            auto step = [&purge, limits](auto& tx, const auto& stretch, const auto& without) {
                return forget(tx, purge, limits, stretch, without);
            };
            if (purge.kept) {
                add_by_tenant(std::move(chore), std::move(step));
            } else {
                add(std::move(chore), [step](auto& tx) { return step(tx, Stretch(), std::string()); });
            }
        }
        for (const auto& walk : walks()) {
            add_by_tenant({.name = "forget_" + std::string(walk.name), .interval = walk.interval},
                          [&walk, limits](auto& tx, auto& stretch, const auto& without) {
                              return walk_on(tx, walk, limits, stretch, without);
                          });
        }
    }

    [[nodiscard]] const std::vector<Chore>& list() const override { return list_; }

    Result<std::chrono::milliseconds> claim(std::size_t chore) override
    {
        return pool_.run([&](Session& session) -> Result<std::chrono::milliseconds> {
            pqxx::nontransaction tx(session.connection());
            const auto& [name, interval, on_board] = list_.at(chore);
            return std::chrono::milliseconds(query(tx, kClaim, name, interval.count())[0][0].as<std::int64_t>());
        });
    }

    Result<ChoreStep> step(std::size_t chore) override { return steps_.at(chore)(); }

private:
    using Step = std::function<Result<ChoreStep>()>;

    /// False where another node is at it.
    static bool lock(pqxx::transaction_base& tx, const std::string& chore)
    {
        return query(tx, "select pg_try_advisory_xact_lock($1::int4, hashtext($2))", kChoreLockClass, chore)[0][0]
            .as<bool>();
    }

    /// Each in transactions of its own: the vault is in another database.
    void add_vault(const VaultChores& vault)
    {
        using namespace std::chrono_literals;
        // One that is known to be away is not waited for: other chores come after these.
        const auto add_step = [&](const char* name, std::chrono::milliseconds interval, Step step) {
            list_.push_back({.name = name, .interval = interval});
            steps_.emplace_back([is_there = vault.is_there, step = std::move(step)] {
                return is_there() ? step() : Result<ChoreStep>(ChoreStep{});
            });
        };
        const auto counted = [](const Result<std::size_t>& rows) -> Result<ChoreStep> {
            if (!rows) return rows.error();
            return ChoreStep{.rows = *rows, .more = *rows > 0};
        };
        add_step("rewrap_keys", 1min, [=] { return counted(vault.rewrap(kKeysRewrappedAtOnce)); });
        add_step("renew_keys", 1min, [=] { return counted(vault.renew(kKeysRenewedAtOnce)); });
        add_step("reseal_secrets", 1min,
                 [this, resealing = std::make_shared<Resealing>(vault)] { return resealing->step(pool_); });
        add_step("destroy_keys", 1h, [this, vault] { return destroy_keys(pool_, vault); });
    }

    /// One transaction a step.
    void add(Chore chore, std::function<ChoreStep(pqxx::transaction_base&)> work)
    {
        steps_.emplace_back([this, name = chore.name, work = std::move(work)] {
            return pool_.run([&](Session& session) -> Result<ChoreStep> {
                Transaction transaction(session);
                if (!lock(transaction.tx(), name)) return ChoreStep{};
                const auto done = work(transaction.tx());
                transaction.commit();
                return done;
            });
        });
        list_.push_back(std::move(chore));
    }

    void add_by_tenant(Chore chore, TenantRounds::Attempt work)
    {
        const auto rounds = std::make_shared<TenantRounds>(chore.name);
        steps_.emplace_back([this, name = chore.name, rounds, work = std::move(work)] {
            return rounds->step(pool_, [&](auto& tx, auto& stretch, const auto& without) -> std::optional<ChoreStep> {
                return lock(tx, name) ? work(tx, stretch, without) : std::nullopt;
            });
        });
        list_.push_back(std::move(chore));
    }

    const Sessions pool_;
    NoiseGatherer noise_;
    std::vector<Chore> list_;
    std::vector<Step> steps_;  ///< As list_.
};

}  // namespace

std::unique_ptr<ports::Chores> make_chores(const Sessions& sessions, ChoreLimits limits, SealUrl seal_url,
                                           HeadSigner signer, std::optional<VaultChores> vault)
{
    return std::make_unique<PgChores>(sessions, limits, std::move(seal_url), std::move(signer), vault);
}

}  // namespace winnow::pg
