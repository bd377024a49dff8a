#include "winnow/pg/chores.hpp"

#include "pg/noise_rows.hpp"
#include "pg/session_pool.hpp"
#include "pg/transaction.hpp"
#include "pg/upkeep/purges.hpp"
#include "pg/values.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace winnow::pg {

namespace {

using ports::Chore;
using ports::ChoreStep;

constexpr std::int32_t kChoreLockClass = 0x574E4348;
constexpr std::size_t kGatherAtOnce = 100;  // of a flood, 200,000 counts
constexpr int kDaysAhead = 4;

constexpr auto kMakePartitions = "select make_day_partitions((now() at time zone 'UTC')::date, $1::int4)";
constexpr auto kDropPartitions = R"sql(
select drop_day_partitions((now() at time zone 'UTC')::date
           - coalesce((select max(coalesce(s.journal_retention_days, 90))
                         from tenants t left join tenant_settings s using (tenant_id)), 90))
)sql";

// Others come first: a chore gives up where it would have to wait. And where statistics lag behind a table that has
// grown, the planner must not read the whole of it for a handful of rows.
constexpr auto kManners = R"sql(
set local lock_timeout = '200ms'; set local enable_seqscan = off; set local enable_hashjoin = off;
set local enable_mergejoin = off
)sql";

ChoreStep make_partitions(pqxx::transaction_base& tx)
{
    query(tx, kMakePartitions, kDaysAhead);
    return {};
}

ChoreStep drop_partitions(pqxx::transaction_base& tx)
{
    const auto dropped = query(tx, kDropPartitions)[0][0].as<std::size_t>();
    return {.rows = dropped, .more = dropped > 0};
}

ChoreStep gather(pqxx::transaction_base& tx)
{
    const auto gathered = gather_noise(tx, kGatherAtOnce);
    return {.rows = gathered, .more = gathered == kGatherAtOnce};
}

ChoreStep forget(pqxx::transaction_base& tx, const Purge& purge)
{
    tx.exec(kManners);
    ChoreStep done;
    for (const auto& [sql, at_once] : purge.removals) {
        if (sql == nullptr) break;
        const auto removed = query(tx, sql, at_once).affected_rows();
        done.rows += removed;
        done.more = removed >= at_once;
        if (done.more) break;
    }
    return done;
}

/// Where a walk has come to. Of this node: another one walks by itself, and finds less.
struct Place {
    std::string first = Uuid().str();
    std::string second = Uuid().str();
    std::string third;
};

ChoreStep walk_on(pqxx::transaction_base& tx, const Walk& walk, Place& place)
{
    tx.exec(kManners);
    const auto rows = query(tx, walk.sql, walk.at_once, place.first, place.second, place.third);
    if (rows.empty() || rows[0][0].as<std::size_t>() < walk.at_once) {
        place = {};
        return {.rows = rows.empty() ? 0 : rows[0][1].as<std::size_t>(), .more = false};
    }
    place = {.first = text_of(rows[0][2]), .second = text_of(rows[0][3]), .third = text_of(rows[0][4])};
    return {.rows = rows[0][1].as<std::size_t>(), .more = true};
}

class PgChores final : public ports::Chores {
public:
    explicit PgChores(PgOptions options) : pool_(std::move(options))
    {
        using namespace std::chrono_literals;
        add({.name = "make_partitions", .interval = 1h}, make_partitions);
        add({.name = "drop_partitions", .interval = 1h}, drop_partitions);
        add({.name = "gather_noise", .interval = 5s}, gather);
        for (const auto& purge : purges()) {
            add({.name = "forget_" + std::string(purge.name), .interval = purge.interval},
                [&purge](auto& tx) { return forget(tx, purge); });
        }
        for (const auto& walk : walks()) {
            add({.name = "forget_" + std::string(walk.name), .interval = walk.interval},
                [&walk, place = Place()](auto& tx) mutable { return walk_on(tx, walk, place); });
        }
    }

    [[nodiscard]] const std::vector<Chore>& list() const override { return list_; }

    Result<ChoreStep> step(std::size_t chore) override
    {
        return pool_.run([&](Session& session) -> Result<ChoreStep> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            if (!query(tx, "select pg_try_advisory_xact_lock($1::int4, hashtext($2))", kChoreLockClass,
                       list_.at(chore).name)[0][0]
                     .as<bool>()) {
                return ChoreStep{};
            }
            const auto done = steps_.at(chore)(tx);
            transaction.commit();
            return done;
        });
    }

private:
    using Step = std::function<ChoreStep(pqxx::transaction_base&)>;

    void add(Chore chore, Step step)
    {
        list_.push_back(std::move(chore));
        steps_.push_back(std::move(step));
    }

    SessionPool pool_;
    std::vector<Chore> list_;
    std::vector<Step> steps_;  ///< As list_.
};

}  // namespace

std::unique_ptr<ports::Chores> make_chores(PgOptions options)
{
    return std::make_unique<PgChores>(std::move(options));
}

}  // namespace winnow::pg
