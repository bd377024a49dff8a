#include "winnow/pg/export_jobs.hpp"

#include "pg/exports/export_source.hpp"
#include "pg/rows/sql_word.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"
#include "winnow/domain/tenants/export.hpp"

#include <pqxx/nontransaction>

#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>

namespace winnow::pg {

namespace {

using domain::ExportState;
using ports::ExportJob;

const auto kQueued = sql_word(ExportState::queued);
const auto kRunning = sql_word(ExportState::running);

constexpr auto kGiveUp = R"sql(
update exports set state = 'failed', finished_at = now(), revision = revision + 1,
                   error = 'it was begun ' || attempt || ' times, and never came to its end'
 where state in ('queued', 'running') and attempt >= $1::int
   and (state = 'queued' or touched_at < now() - $2::int * interval '1 second')
)sql";

const auto kClaim =
    R"sql(
with next as (
    select e.tenant_id, e.export_id from exports e
     where e.state = )sql" +
    kQueued + " or (e.state = " + kRunning + R"sql( and e.touched_at < now() - $2::int * interval '1 second')
     order by e.created_at, e.export_id limit 1 for update skip locked)
update exports e set state = )sql" +
    kRunning + R"sql(, runner = $1, attempt = e.attempt + 1, touched_at = now(), revision = e.revision + 1
  from next where e.tenant_id = next.tenant_id and e.export_id = next.export_id
returning e.tenant_id, e.export_id, e.attempt
)sql";

// A part is hundreds of rows where PostgreSQL keeps long values: of all at once no statement would come to its end.
constexpr auto kClear = R"sql(
delete from export_parts
 where ctid = any(array(select ctid from export_parts where tenant_id = $1 and export_id = $2 limit 32))
)sql";

const auto kStillHis =
    " where tenant_id = $1 and export_id = $2 and runner = $3 and attempt = $4 and state = " + kRunning;
const auto kKeep = "update exports set touched_at = now()" + kStillHis;
// Whoever does not know whether it was stored asks again.
constexpr auto kAppend =
    "insert into export_parts (tenant_id, export_id, number, bytes) values ($1, $2, $3, $4) on conflict do nothing";
const auto kFinish =
    "update exports set state = 'ready', files = $5, rows = $6, bytes = $7, parts = $8, finished_at = now(), "
    "touched_at = "
    "now(), revision = revision + 1" +
    kStillHis;
const auto kFail =
    "update exports set state = 'failed', error = $5, finished_at = now(), revision = revision + 1" + kStillHis;
const auto kRelease = "update exports set state = " + kQueued + ", runner = '', revision = revision + 1" + kStillHis;

/// Of the one session that reads for minutes.
PgOptions reading(PgOptions api)
{
    api.application_name = "winnow export";
    api.connections = 1;
    api.idle_in_transaction_timeout = std::chrono::minutes{10};  // while what was read is compressed and stored
    return api;
}

class PgExportJobs final : public ports::ExportJobs {
public:
    PgExportJobs(const Sessions& pipeline, const PgOptions& api)
        : pool_(pipeline.of(Errand::chores)), api_(reading(api)), proofs_(pipeline)
    {
    }

    Result<std::optional<ExportJob>> claim(const std::string& runner) override
    {
        return pool_.run([&](Session& session) -> Result<std::optional<ExportJob>> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            const auto silence = ports::kExportSilence.count();
            query(tx, kGiveUp, ports::kExportAttempts, silence);
            const auto rows = query(tx, kClaim.c_str(), runner, silence);
            std::optional<ExportJob> job;
            if (!rows.empty()) {
                job = ExportJob{.tenant = id_of<TenantId>(rows[0][0]),
                                .id = id_of<ExportId>(rows[0][1]),
                                .runner = runner,
                                .attempt = rows[0][2].as<std::int32_t>()};
            }
            transaction.commit();
            return job;
        });
    }

    Result<bool> clear(const ExportJob& job, const std::stop_token& stop) override
    {
        while (!stop.stop_requested()) {
            const auto gone = clear_some(job);
            if (!gone) return gone.error();
            if (!*gone) return false;
            if (**gone == 0) return true;
        }
        return Error(ErrorCode::unavailable, "the node is being stopped");
    }

    Result<std::unique_ptr<ports::ExportSource>> open(const ExportJob& job) override
    {
        return translated([&] { return PgExportSource::open(api_, proofs_, job.tenant); });
    }

    Result<bool> keep(const ExportJob& job) override { return change(kKeep, job); }

    Result<bool> append(const ExportJob& job, std::int32_t number, const std::string& bytes) override
    {
        return pool_.run([&](Session& session) -> Result<bool> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            // Holds the row: who deletes the export waits, and no part comes after it has gone.
            if (query(tx, kKeep.c_str(), job.tenant, job.id, job.runner, job.attempt).affected_rows() != 1)
                return false;
            query(tx, kAppend, job.tenant, job.id, number, Bytes{bytes});
            transaction.commit();
            return true;
        });
    }

    Result<bool> finish(const ExportJob& job, const ports::ExportTotals& totals) override
    {
        return change(kFinish, job, totals.files, totals.rows, totals.bytes, totals.parts);
    }

    Result<bool> fail(const ExportJob& job, const std::string& error) override { return change(kFail, job, error); }

    Result<bool> release(const ExportJob& job) override { return change(kRelease, job); }

private:
    /// How many parts went; nullopt: the job is no longer its runner's.
    Result<std::optional<std::size_t>> clear_some(const ExportJob& job)
    {
        return pool_.run([&](Session& session) -> Result<std::optional<std::size_t>> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            if (query(tx, kKeep.c_str(), job.tenant, job.id, job.runner, job.attempt).affected_rows() != 1)
                return std::optional<std::size_t>();
            const auto gone = static_cast<std::size_t>(query(tx, kClear, job.tenant, job.id).affected_rows());
            transaction.commit();
            return std::optional(gone);
        });
    }

    template <typename... Args>
    Result<bool> change(const std::string& sql, const ExportJob& job, const Args&... args)
    {
        return pool_.run([&](Session& session) -> Result<bool> {
            pqxx::nontransaction tx(session.connection());
            return query(tx, sql.c_str(), job.tenant, job.id, job.runner, job.attempt, args...).affected_rows() == 1;
        });
    }

    const Sessions pool_;
    const PgOptions api_;
    TenantProofs proofs_;
};

}  // namespace

std::unique_ptr<ports::ExportJobs> make_export_jobs(const Sessions& pipeline, const PgOptions& api)
{
    return std::make_unique<PgExportJobs>(pipeline, api);
}

}  // namespace winnow::pg
