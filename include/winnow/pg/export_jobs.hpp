#pragma once

/// @file
/// ports::ExportJobs on PostgreSQL.

#include "winnow/pg/options.hpp"
#include "winnow/pg/sessions.hpp"
#include "winnow/ports/tenants/export_jobs.hpp"

#include <memory>

namespace winnow::pg {

/// Jobs as the role winnow_pipeline; what is exported is read as winnow_api (`api`), put on the tenant, in a session of
/// its own for each export.
[[nodiscard]] std::unique_ptr<ports::ExportJobs> make_export_jobs(const Sessions& pipeline, const PgOptions& api);

}  // namespace winnow::pg
