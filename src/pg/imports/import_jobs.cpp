#include "winnow/pg/import_jobs.hpp"

#include "pg/imports/import_rows.hpp"
#include "pg/imports/import_shapes.hpp"
#include "pg/imports/import_target.hpp"
#include "pg/imports/imported_tables.hpp"
#include "pg/rows/sql_word.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"

#include <pqxx/except>
#include <pqxx/nontransaction>

#include <chrono>
#include <string>

namespace winnow::pg {

namespace {

using domain::ImportState;
using ports::ImportJob;

const auto kQueued = sql_word(ImportState::queued);
const auto kAtWork = sql_words({ImportState::checking, ImportState::writing});

const auto kGiveUp =
    R"sql(
update imports set state = 'failed', finished_at = now(), revision = revision + 1,
                   error = 'it was begun ' || attempt || ' times, and never came to its end'
 where (state = )sql" +
    kQueued + " or state in " + kAtWork + R"sql( and touched_at < now() - $2::int * interval '1 second')
   and attempt >= $1::int
)sql";

// Also one at which a runner is: it hears of that when it says next how far it is, or at its end.
const auto kNotAtTheEnd =
    R"sql(
update imports i set state = 'failed', finished_at = now(), revision = i.revision + 1,
                     error = 'the tenant is ' || case t.state when 'suspended' then 'suspended' else 'closing' end
                             || ': nothing is imported any more'
  from tenants t
 where t.tenant_id = i.tenant_id and t.state <> 'active'
   and (i.state = )sql" +
    kQueued + " or i.state in " + kAtWork + ")";

const auto kClaim =
    R"sql(
with next as (
    select i.tenant_id, i.import_id from imports i
     where i.state = )sql" +
    kQueued + " or i.state in " + kAtWork + R"sql( and i.touched_at < now() - $2::int * interval '1 second'
     order by i.created_at, i.import_id limit 1 for update skip locked)
update imports i set state = 'checking', runner = $1, attempt = i.attempt + 1, touched_at = now(), rows_done = 0,
                     rows_total = 0, revision = i.revision + 1
  from next where i.tenant_id = next.tenant_id and i.import_id = next.import_id
returning i.tenant_id, i.import_id, i.attempt, i.parts, i.source, i.created_by, i.bytes
)sql";

const auto kStillHis =
    " where tenant_id = $1 and import_id = $2 and runner = $3 and attempt = $4 and state in " + kAtWork;
// Nor while the tenant is suspended or at its end: of what is written nothing may stay.
const auto kKeep = "update imports set touched_at = now(), state = $5, rows_done = $6, rows_total = $7" + kStillHis +
                   " and exists (select from tenants t where t.tenant_id = $1 and t.state = 'active')";
const auto kFail =
    "update imports set state = 'failed', error = $5, faults = $6::jsonb, finished_at = now(), revision = revision + "
    "1" +
    kStillHis;
const auto kRelease = "update imports set state = " + kQueued + ", runner = '', revision = revision + 1" + kStillHis;

// Its parts outlive it for a while (forgetting.hpp).
constexpr auto kPart = R"sql(
select p.bytes from import_parts p join imports i on i.tenant_id = p.tenant_id and i.import_id = p.import_id
 where p.tenant_id = $1 and p.import_id = $2 and p.number = $3
)sql";

// With the marks of one that this node writes, and ended: nobody takes it over.
constexpr auto kOpenStream = R"sql(
insert into journal_streams (stream, node, applied_seq, settled_at, ended_at, opens_urls, proves_tenants, reads_notices,
                             says_groups)
overriding system value
select nextval('masked_streams'), 'imported', 68719476735, now(), now(), true, true, true, true
returning stream
)sql";
constexpr auto kMakeDay = "select make_day_partitions($1::date, 1)";

/// Of the one session that writes for minutes.
PgOptions writing(PgOptions api)
{
    api.application_name = "winnow import";
    api.connections = 1;
    api.idle_in_transaction_timeout = std::chrono::minutes{10};  // while what comes next is read
    return api;
}

class PgImportJobs final : public ports::ImportJobs {
public:
    PgImportJobs(const Sessions& pipeline, const PgOptions& api, const domain::TenantLimits& limits)
        : pool_(pipeline.of(Errand::chores)), api_(writing(api)), limits_(limits), proofs_(pipeline)
    {
    }

    Result<std::optional<ImportJob>> claim(const std::string& runner) override
    {
        return pool_.run([&](Session& session) -> Result<std::optional<ImportJob>> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            const auto silence = ports::kImportSilence.count();
            query(tx, kGiveUp.c_str(), ports::kImportAttempts, silence);
            query(tx, kNotAtTheEnd.c_str());
            const auto rows = query(tx, kClaim.c_str(), runner, silence);
            std::optional<ImportJob> job;
            if (!rows.empty()) {
                job = ImportJob{.tenant = id_of<TenantId>(rows[0][0]),
                                .id = id_of<ImportId>(rows[0][1]),
                                .runner = runner,
                                .attempt = rows[0][2].as<std::int32_t>(),
                                .parts = rows[0][3].as<std::int32_t>(),
                                .bytes = rows[0][6].as<std::int64_t>(),
                                .source = text_of(rows[0][4]),
                                .created_by = text_of(rows[0][5])};
            }
            transaction.commit();
            return job;
        });
    }

    Result<domain::ArchiveShape> shape() override
    {
        return pool_.run([&](Session& session) -> Result<domain::ArchiveShape> {
            pqxx::nontransaction tx(session.connection());
            return read_shape(tx);
        });
    }

    Result<std::string> part(const ImportJob& job, std::int32_t number) override
    {
        return pool_.run([&](Session& session) -> Result<std::string> {
            pqxx::nontransaction tx(session.connection());
            const auto rows = query(tx, kPart, job.tenant, job.id, number);
            if (rows.empty()) return Error(ErrorCode::not_found, "the import is not wanted any more");
            return bytes_of(rows[0][0]);
        });
    }

    Result<std::optional<ports::RefusedLine>> check(std::string_view resource,
                                                    std::span<const std::string> lines) override
    {
        const auto* const table = imported_table(resource);
        if (table == nullptr || lines.empty()) return std::nullopt;
        const auto sql = "select place, wrong from import_problem($1, " + rows_of(*table, "$2") + ")";
        return pool_.run([&](Session& session) -> Result<std::optional<ports::RefusedLine>> {
            pqxx::nontransaction tx(session.connection());
            try {
                return refused(query(tx, sql.c_str(), resource, array_of_lines(lines)));
            } catch (const pqxx::sql_error& failure) {
                if (!is_of_the_data(failure)) throw;
            }
            for (std::size_t i = 0; i < lines.size(); ++i) {  // which of them it is
                try {
                    query(tx, sql.c_str(), resource, array_of_lines(lines.subspan(i, 1)));
                } catch (const pqxx::sql_error& failure) {
                    if (!is_of_the_data(failure)) throw;
                    return ports::RefusedLine{.index = i, .why = "holds a value that its column does not take"};
                }
            }
            return std::nullopt;
        });
    }

    Result<domain::StreamId> open_stream() override
    {
        return pool_.run([&](Session& session) -> Result<domain::StreamId> {
            pqxx::nontransaction tx(session.connection());
            return tx.exec1(kOpenStream)[0].as<domain::StreamId>();
        });
    }

    Result<Done> make_day(std::string_view day) override
    {
        return pool_.run([&](Session& session) -> Result<Done> {
            pqxx::nontransaction tx(session.connection());
            query(tx, kMakeDay, day);
            return Done{};
        });
    }

    Result<std::unique_ptr<ports::ImportTarget>> open(const ImportJob& job) override
    {
        return translated([&] { return PgImportTarget::open(api_, proofs_, job, limits_); });
    }

    Result<bool> keep(const ImportJob& job, const ports::ImportProgress& progress) override
    {
        return change(kKeep, job, to_string(progress.state), progress.rows_done, progress.rows_total);
    }

    Result<bool> fail(const ImportJob& job, const std::string& error,
                      const std::vector<domain::ImportFault>& faults) override
    {
        return change(kFail, job, error, faults_json(faults));
    }

    Result<bool> release(const ImportJob& job) override { return change(kRelease, job); }

private:
    static std::optional<ports::RefusedLine> refused(const pqxx::result& rows)
    {
        if (rows[0][0].is_null()) return std::nullopt;
        return ports::RefusedLine{.index = rows[0][0].as<std::size_t>() - 1,
                                  .why = "breaks the rule " + text_of(rows[0][1]) + " of its table"};
    }

    template <typename... Args>
    Result<bool> change(const std::string& sql, const ImportJob& job, const Args&... args)
    {
        return pool_.run([&](Session& session) -> Result<bool> {
            pqxx::nontransaction tx(session.connection());
            return query(tx, sql.c_str(), job.tenant, job.id, job.runner, job.attempt, args...).affected_rows() == 1;
        });
    }

    const Sessions pool_;
    const PgOptions api_;
    const domain::TenantLimits limits_;
    TenantProofs proofs_;
};

}  // namespace

std::unique_ptr<ports::ImportJobs> make_import_jobs(const Sessions& pipeline, const PgOptions& api,
                                                    const domain::TenantLimits& limits)
{
    return std::make_unique<PgImportJobs>(pipeline, api, limits);
}

}  // namespace winnow::pg
