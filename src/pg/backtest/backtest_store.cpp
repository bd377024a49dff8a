#include "winnow/ports/backtest_store.hpp"

#include "pg/backtest/rule_draft_text.hpp"
#include "pg/rows/sql_word.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"

#include <memory>

namespace winnow::pg {
namespace {

using ports::Backtest;
using ports::BacktestState;

const auto kInsert = R"sql(
insert into backtests (tenant_id, backtest_id, state, range_from, range_until, max_alerts, draft, draft_rules,
                       live_rules, created_at, created_by)
values ($1, $2, )sql" +
                     sql_word(BacktestState::queued) + R"sql(, $3, $4, $5, $6, $7, $8, $9, $10)
)sql";

#define WINNOW_BACKTEST_COLUMNS                                                                             \
    "select backtest_id, state, range_from, range_until, max_alerts, draft_rules, live_rules, created_at, " \
    "created_by, started_at, finished_at, error, alerts_read, alerts_total, rate, revision, "

constexpr auto kPage = WINNOW_BACKTEST_COLUMNS
    "'' as result from backtests where tenant_id = $1 and ($2::uuid is null or backtest_id < $2::uuid) "
    "order by backtest_id desc limit $3";
constexpr auto kFind = WINNOW_BACKTEST_COLUMNS "result from backtests where tenant_id = $1 and backtest_id = $2";
#undef WINNOW_BACKTEST_COLUMNS

const auto kUnfinished = sql_words({BacktestState::queued, BacktestState::running});

const auto kCountUnfinished = "select count(*) from backtests where tenant_id = $1 and state in " + kUnfinished;

const auto kCancel = R"sql(
update backtests set state = )sql" +
                     sql_word(BacktestState::cancelled) +
                     R"sql(, finished_at = now(), draft = '', revision = revision + 1
 where tenant_id = $1 and backtest_id = $2 and state in )sql" +
                     kUnfinished;
constexpr auto kRemove = "delete from backtests where tenant_id = $1 and backtest_id = $2";

Backtest read_backtest(const pqxx::row& row)
{
    Backtest backtest;
    backtest.id = id_of<BacktestId>(row["backtest_id"]);
    backtest.state = domain::parse_backtest_state(row["state"].c_str()).value_or(BacktestState::failed);
    backtest.from = time_of(row["range_from"]);
    backtest.until = time_of(row["range_until"]);
    backtest.max_alerts = row["max_alerts"].as<std::uint64_t>();
    backtest.draft_rules = row["draft_rules"].as<std::size_t>();
    backtest.live_rules = row["live_rules"].as<std::size_t>();
    backtest.created_at = time_of(row["created_at"]);
    backtest.created_by = text_of(row["created_by"]);
    backtest.started_at = optional_time_of(row["started_at"]);
    backtest.finished_at = optional_time_of(row["finished_at"]);
    backtest.error = text_of(row["error"]);
    backtest.progress = {.alerts_read = row["alerts_read"].as<std::uint64_t>(),
                         .alerts_total = row["alerts_total"].as<std::uint64_t>(),
                         .rate = row["rate"].as<std::uint64_t>()};
    backtest.revision = row["revision"].as<std::int64_t>();
    backtest.result = text_of(row["result"]);
    return backtest;
}

class PgBacktestStore final : public ports::BacktestStore {
public:
    PgBacktestStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<Done> insert(const Backtest& b, const domain::RuleDraft& draft) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, kInsert.c_str(), tenant_, b.id, b.from, b.until, b.max_alerts, draft_text(draft), b.draft_rules,
                  b.live_rules, b.created_at, b.created_by);
            return Done{};
        });
    }

    Result<std::vector<Backtest>> page(std::optional<BacktestId> before, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<Backtest>> {
            std::vector<Backtest> found;
            for (const auto& row : query(tx_, kPage, tenant_, before, limit)) found.push_back(read_backtest(row));
            return found;
        });
    }

    Result<Backtest> find(BacktestId id) override
    {
        return translated([&]() -> Result<Backtest> {
            const auto rows = query(tx_, kFind, tenant_, id);
            if (rows.empty()) return none();
            return read_backtest(rows.front());
        });
    }

    Result<std::size_t> count_unfinished() override
    {
        return translated([&]() -> Result<std::size_t> {
            return query(tx_, kCountUnfinished.c_str(), tenant_)[0][0].as<std::size_t>();
        });
    }

    Result<Done> cancel_or_remove(BacktestId id) override
    {
        return translated([&]() -> Result<Done> {
            if (query(tx_, kCancel.c_str(), tenant_, id).affected_rows() == 1) return Done{};
            if (query(tx_, kRemove, tenant_, id).affected_rows() == 1) return Done{};
            return none();
        });
    }

private:
    static Error none() { return {ErrorCode::not_found, "there is no such back-test"}; }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::BacktestStore> make_backtest_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgBacktestStore>(tx, tenant);
}

}  // namespace winnow::pg
