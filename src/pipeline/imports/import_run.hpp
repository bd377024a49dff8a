#pragma once

/// @file
/// One import, from the parts of an archive to what its tenant owns. Private to pipeline.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/domain/alert_ids.hpp"
#include "winnow/domain/tenants/import.hpp"
#include "winnow/ports/tenants/import_jobs.hpp"

#include <cstdint>
#include <stop_token>
#include <vector>

namespace winnow::pipeline {

/// What became of it.
struct ImportOutcome {
    std::vector<domain::ImportFault> faults = {};  ///< None: it is done. Else nothing was written.
    std::int64_t rows = 0;                         ///< That were written.
};

/// Reads all of the archive twice: first it is checked, and nothing written; then it is written, in one transaction.
/// Memory is that of a member of the archive, and of the ids that other rows refer to.
/// `invalid_argument`: the tenant takes none, and why. `not_found`: the job is not its runner's any more. `too_large`:
/// a reading takes longer than an hour. `now` says which alerts cannot have come yet; `max_bytes`: of an archive.
[[nodiscard]] Result<ImportOutcome> run_import(ports::ImportJobs& jobs, const ports::ImportJob& job,
                                               const domain::TenantIds& ids, std::int64_t max_bytes, Timestamp now,
                                               const std::stop_token& stop);

}  // namespace winnow::pipeline
