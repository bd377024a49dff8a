#include "winnow/pg/tenant_database.hpp"

#include "pg/database_threads.hpp"
#include "pg/sql_errors.hpp"
#include "pg/tenant_session.hpp"
#include "pg/transaction.hpp"
#include "pg/values.hpp"

#include <utility>

namespace winnow::pg {

namespace {

Result<Done> run_job(Session& session, TenantId tenant, ports::TenantDatabase::Job& job)
{
    return translated([&]() -> Result<Done> {
        Transaction transaction(session);
        query(transaction.tx(), "select set_config('winnow.tenant_id', $1, true)", tenant);
        PgTenantSession nouns(transaction.tx(), tenant);
        auto outcome = job(nouns);
        if (outcome) transaction.commit();
        return outcome;
    });
}

class PgTenantDatabase final : public ports::TenantDatabase {
public:
    explicit PgTenantDatabase(PgOptions options) : threads_(std::move(options)) {}

    void submit(TenantId tenant, Job job, Finished finished) override
    {
        // Shared between the two ways out, of which exactly one is taken.
        auto done = std::make_shared<Finished>(std::move(finished));
        threads_.submit(
            [tenant, job = std::move(job), done](Session& session) mutable { (*done)(run_job(session, tenant, job)); },
            [done](Error error) { (*done)(std::move(error)); });
    }

    bool healthy() const override { return threads_.healthy(); }

private:
    DatabaseThreads threads_;
};

}  // namespace

std::unique_ptr<ports::TenantDatabase> make_tenant_database(PgOptions options)
{
    return std::make_unique<PgTenantDatabase>(std::move(options));
}

}  // namespace winnow::pg
