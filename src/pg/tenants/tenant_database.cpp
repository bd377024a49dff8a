#include "winnow/pg/tenant_database.hpp"

#include "pg/rows/values.hpp"
#include "pg/session/database_threads.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/session/transaction.hpp"
#include "pg/tenants/proofs.hpp"
#include "pg/tenants/tenant_session.hpp"
#include "winnow/base/time.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace winnow::pg {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSlow{100};  // what lists take is far below
constexpr milliseconds kStale{1'000};

DatabaseThreads::Sharing sharing_of(const PgOptions& options, const TenantShare& share)
{
    DatabaseThreads::Sharing sharing;
    sharing.limits.items = options.queue_limit;
    sharing.limits.tenant_items = share.waiting;
    sharing.limits.tenant_in_flight = std::max<std::size_t>(options.connections / 2, 1);
    sharing.limits.slow_cost = std::chrono::nanoseconds(kSlow).count();
    sharing.limits.newest_first_after = kStale;
    sharing.has_quick_lane = true;
    sharing.waiting_key = "rest.waiting_per_tenant";
    sharing.metrics = share.metrics;
    sharing.name = "rest";
    return sharing;
}

/// The database's own words do not say whose limit it was.
Error explained(Error error, milliseconds statement_timeout)
{
    if (error.code() != ErrorCode::timeout || statement_timeout.count() == 0) return error;
    return {ErrorCode::timeout, "the database needed longer for this request than a query may take: the limit is " +
                                    format_iso8601_duration(statement_timeout) +
                                    " (rest.statement_timeout); ask for less, or filter more"};
}

/// What the triggers of the tables have noted (config_changed(), credentials_changed(), revoked()): they know better
/// than whoever wrote what belongs to the configuration, and what opens something.
ports::TenantChange changed_by(pqxx::transaction_base& tx, TenantId tenant)
{
    const auto noted = query(tx,
                             "select current_setting('winnow.config_changed', true) <> '', "
                             "coalesce(current_setting('winnow.credentials_changed', true), '') <> '' or "
                             "coalesce(current_setting('winnow.revoked', true), '') <> ''");
    return {.tenant = tenant, .policy = noted[0][0].as<bool>(false), .credentials = noted[0][1].as<bool>(false)};
}

PgOptions for_a_key(PgOptions options, const std::string& conninfo)
{
    options.conninfo = conninfo;
    options.application_name = "winnow tenant key";
    options.connections = 0;  // none stays
    return options;
}

class PgTenantDatabase final : public ports::TenantDatabase {
public:
    PgTenantDatabase(const PgOptions& options, const Sessions& keys, const TenantShare& share,
                     ports::TenantChanged changed)
        : changed_(std::move(changed)), proofs_(keys), threads_(options, sharing_of(options, share))
    {
    }

    void submit(TenantId tenant, Job job, Finished finished, Terms terms) override
    {
        // Shared between the two ways out, of which exactly one is taken.
        auto done = std::make_shared<Finished>(std::move(finished));
        const TenantProofs::Terms proven{
            .statement_timeout = terms.statement_timeout, .reads_only = terms.reads_only, .groups = terms.groups};
        threads_.submit(tenant,
                        {.work = [this, tenant, job = std::move(job), done,
                                  proven](Session& session) mutable { (*done)(run_job(session, tenant, job, proven)); },
                         .failed = [done](Error error) { (*done)(std::move(error)); },
                         .given_up = std::move(terms.given_up)});
    }

    bool healthy() const override { return threads_.healthy(); }

private:
    [[nodiscard]] Result<Done> run_job(Session& session, TenantId tenant, Job& job, const TenantProofs::Terms& terms)
    {
        ports::TenantChange change;
        auto finished = translated([&]() -> Result<Done> {
            const auto transaction = proofs_.begin(session, tenant, terms);
            if (!transaction) return transaction.error();
            auto& tx = (*transaction)->tx();
            PgTenantSession nouns(tx, tenant, terms.groups);
            auto outcome = job(nouns);
            if (!outcome) return explained(std::move(outcome.error()), terms.statement_timeout);
            if (changed_ && !terms.reads_only) change = changed_by(tx, tenant);
            (*transaction)->commit();
            return outcome;
        });
        if (finished && (change.policy || change.credentials)) changed_(change);
        return finished;
    }

    const ports::TenantChanged changed_;
    TenantProofs proofs_;
    DatabaseThreads threads_;  // last: they end before what they use
};

}  // namespace

std::unique_ptr<ports::TenantDatabase> make_tenant_database(const PgOptions& options, const Sessions& keys,
                                                            const TenantShare& share, ports::TenantChanged changed)
{
    return std::make_unique<PgTenantDatabase>(options, keys, share, std::move(changed));
}

std::unique_ptr<ports::TenantDatabase> make_tenant_database(const PgOptions& options,
                                                            const std::string& pipeline_conninfo,
                                                            const TenantShare& share, ports::TenantChanged changed)
{
    return make_tenant_database(options, for_a_key(options, pipeline_conninfo), share, std::move(changed));
}

}  // namespace winnow::pg
