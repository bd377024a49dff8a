#pragma once

/// @file
/// ports::ImportJobs on PostgreSQL.

#include "winnow/domain/limits.hpp"
#include "winnow/pg/options.hpp"
#include "winnow/pg/sessions.hpp"
#include "winnow/ports/tenants/import_jobs.hpp"

#include <memory>

namespace winnow::pg {

/// Jobs as the role winnow_pipeline; what is imported is written as winnow_api (`api`), put on the tenant, in a session
/// of its own for each import. `limits`: what a tenant may have where the provider has set nothing for it.
[[nodiscard]] std::unique_ptr<ports::ImportJobs> make_import_jobs(const Sessions& pipeline, const PgOptions& api,
                                                                  const domain::TenantLimits& limits);

}  // namespace winnow::pg
