#include "winnow/pg/backtest_jobs.hpp"

#include "pg/backtest/history_session.hpp"
#include "pg/backtest/rule_draft_text.hpp"
#include "pg/rows/sql_word.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"
#include "winnow/domain/retention.hpp"

#include <string>
#include <utility>

namespace winnow::pg {

namespace {

using domain::BacktestState;
using ports::BacktestJob;
using ports::HistoryRow;

const auto kQueued = sql_word(BacktestState::queued);
const auto kRunning = sql_word(BacktestState::running);

const auto kGiveUp = R"sql(
update backtests set state = )sql" +
                     sql_word(BacktestState::failed) + R"sql(, finished_at = now(), draft = '', revision = revision + 1,
                     error = 'the server that ran it ended in the middle of it, ' || attempt || ' times'
 where state = )sql" +
                     kRunning + R"sql( and attempt >= $1::int and touched_at < now() - $2::int * interval '1 second'
)sql";

// One that was begun comes before those that wait: it was there first.
const auto kClaim = R"sql(
with next as (
    select b.tenant_id, b.backtest_id from backtests b
     where (b.state = )sql" +
                    kQueued + R"sql( and not exists (select from backtests o
                                                where o.tenant_id = b.tenant_id and o.state = )sql" +
                    kRunning + R"sql())
        or (b.state = )sql" +
                    kRunning + R"sql( and b.touched_at < now() - $2::int * interval '1 second')
     order by b.created_at, b.backtest_id limit 1 for update skip locked)
update backtests b set state = )sql" +
                    kRunning + R"sql(, runner = $1, attempt = b.attempt + 1, touched_at = now(),
                       started_at = coalesce(b.started_at, now()), alerts_read = 0, rate = 0, result = '',
                       revision = b.revision + 1
  from next where b.tenant_id = next.tenant_id and b.backtest_id = next.backtest_id
returning b.tenant_id, b.backtest_id, b.attempt,
          least(greatest(b.range_from, kept_from(b.tenant_id, 'journal', $3::int)), b.range_until) as range_from, b.range_until, b.max_alerts, b.draft
)sql";

constexpr auto kCountAlerts = R"sql(
select coalesce(sum(alert_count), 0) from journal
 where tenant_id = $1::uuid and received_at >= $2::timestamptz and received_at < $3::timestamptz
   and (received_at, stream, seq) not in )sql" WINNOW_SET_ASIDE;

constexpr auto kCountQuarantined = R"sql(
select count(*) from quarantined_rows
 where tenant_id = $1 and received_at >= $2::timestamptz and received_at < $3::timestamptz
)sql";

const auto kStillHis =
    " where tenant_id = $1 and backtest_id = $2 and runner = $3 and attempt = $4 and state = " + kRunning;

const auto kBegin =
    "update backtests set draft_rules = $5, live_rules = $6, alerts_total = $7, touched_at = now(), "
    "revision = revision + 1" +
    kStillHis;
// Written now and then only.
const auto kKeep = "with his as (select from backtests" + kStillHis +
                   "), told as (update backtests set touched_at = now()" + kStillHis +
                   " and touched_at < now() - interval '2 seconds') "
                   "select exists (select from his)";
const auto kReport =
    "update backtests set alerts_read = $5, alerts_total = $6, rate = $7, "
    "result = case when $8 = '' then result else $8 end, touched_at = now(), revision = revision + 1" +
    kStillHis;
const auto kEnd =
    "update backtests set alerts_read = $5, alerts_total = $6, rate = $7, "
    "result = case when $8 = '' then result else $8 end, state = $9, error = $10, finished_at = now(), draft = '', "
    "revision = revision + 1" +
    kStillHis;
const auto kRelease = "update backtests set state = " + kQueued +
                      ", runner = '', attempt = attempt - 1, revision = revision + 1" + kStillHis;

class PgBacktestJobs final : public ports::BacktestJobs {
public:
    explicit PgBacktestJobs(const Sessions& sessions)
        : pool_(sessions.of(Errand::chores)), control_(sessions.of(Errand::control)), history_(pool_.options())
    {
    }

    Result<std::optional<BacktestJob>> claim(const std::string& runner) override
    {
        return pool_.run([&](Session& session) -> Result<std::optional<BacktestJob>> {
            pqxx::nontransaction tx(session.connection());
            const auto silence = ports::kBacktestSilence.count();
            query(tx, kGiveUp.c_str(), ports::kBacktestAttempts, silence);
            try {
                const auto rows =
                    query(tx, kClaim.c_str(), runner, silence, domain::class_of(domain::Kept::journal).usual.count());
                if (rows.empty()) return std::optional<BacktestJob>();
                return read_job(tx, rows.front(), runner);
            } catch (const std::exception& failure) {
                // Another node was faster with another one of the same tenant.
                if (violates(failure, "backtests_one_running")) return std::optional<BacktestJob>();
                throw;
            }
        });
    }

    Result<std::uint64_t> count_alerts(const BacktestJob& job, const std::stop_token& stop) override
    {
        return pool_.run(
            [&](Session& session) -> Result<std::uint64_t> {
                pqxx::nontransaction tx(session.connection());
                return query(tx, kCountAlerts, job.tenant, job.from, job.until)[0][0].as<std::uint64_t>();
            },
            {}, stop);
    }

    Result<std::uint64_t> count_quarantined(const BacktestJob& job) override
    {
        return pool_.run([&](Session& session) -> Result<std::uint64_t> {
            pqxx::nontransaction tx(session.connection());
            return query(tx, kCountQuarantined, job.tenant, job.from, job.until)[0][0].as<std::uint64_t>();
        });
    }

    Result<std::vector<HistoryRow>> history(const BacktestJob& job, const std::optional<domain::RowPosition>& after,
                                            std::uint64_t max_alerts, const std::stop_token& stop) override
    {
        return history_.read(job, after, max_alerts, stop);
    }

    Result<bool> begin(const BacktestJob& job, std::size_t draft_rules, std::size_t live_rules,
                       std::uint64_t alerts_total) override
    {
        return change(kBegin, job, draft_rules, live_rules, alerts_total);
    }

    Result<bool> keep(const BacktestJob& job) override
    {
        return control_.run([&](Session& session) -> Result<bool> {
            pqxx::nontransaction tx(session.connection());
            return query(tx, kKeep.c_str(), job.tenant, job.id, job.runner, job.attempt)[0][0].as<bool>();
        });
    }

    Result<bool> report(const BacktestJob& job, const ports::BacktestProgress& progress,
                        const std::string& result) override
    {
        return change(kReport, job, progress.alerts_read, progress.alerts_total, progress.rate, result);
    }

    Result<bool> end(const BacktestJob& job, const ports::BacktestEnd& end, const ports::BacktestProgress& progress,
                     const std::string& result) override
    {
        return change(kEnd, job, progress.alerts_read, progress.alerts_total, progress.rate, result,
                      to_string(end.state), end.error);
    }

    Result<bool> release(const BacktestJob& job) override { return change(kRelease, job); }

private:
    /// A draft that cannot be read fails its back-test here: nobody else would get further with it.
    static Result<std::optional<BacktestJob>> read_job(pqxx::transaction_base& tx, const pqxx::row& row,
                                                       const std::string& runner)
    {
        BacktestJob job;
        job.tenant = id_of<TenantId>(row["tenant_id"]);
        job.id = id_of<BacktestId>(row["backtest_id"]);
        job.runner = runner;
        job.attempt = row["attempt"].as<std::int32_t>();
        job.from = time_of(row["range_from"]);
        job.until = time_of(row["range_until"]);
        job.max_alerts = row["max_alerts"].as<std::uint64_t>();
        auto draft = parse_draft(row["draft"].c_str());
        if (!draft) {
            query(tx, kEnd.c_str(), job.tenant, job.id, job.runner, job.attempt, 0, 0, 0, "",
                  to_string(BacktestState::failed), draft.error().message());
            return std::optional<BacktestJob>();
        }
        job.draft = *std::move(draft);
        return std::optional(std::move(job));
    }

    template <typename... Args>
    Result<bool> change(const std::string& sql, const BacktestJob& job, const Args&... args)
    {
        return pool_.run([&](Session& session) -> Result<bool> {
            pqxx::nontransaction tx(session.connection());
            return query(tx, sql.c_str(), job.tenant, job.id, job.runner, job.attempt, args...).affected_rows() == 1;
        });
    }

    const Sessions pool_;
    const Sessions control_;  ///< For what must not wait: a job whose runner is silent is somebody else's.
    HistorySession history_;
};

}  // namespace

std::unique_ptr<ports::BacktestJobs> make_backtest_jobs(const Sessions& sessions)
{
    return std::make_unique<PgBacktestJobs>(sessions);
}

}  // namespace winnow::pg
