#pragma once

/// @file
/// One export, from what its tenant owns to the parts of an archive. Private to pipeline.

#include "winnow/base/result.hpp"
#include "winnow/domain/alert_ids.hpp"
#include "winnow/ports/tenants/export_jobs.hpp"

#include <cstdint>
#include <stop_token>

namespace winnow::pipeline {

/// Writes `winnow-export/1`: NDJSON a resource in pieces of some MiB (`rules/000001.ndjson`), alerts by day
/// (`alerts/2026-11-28/000001.ndjson`), and last `manifest.json`, which names each with its rows and its SHA-256.
/// `not_found`: the job is not its runner's any more. `too_large`: the archive would be longer than `max_bytes`, or
/// takes longer than an hour.
[[nodiscard]] Result<ports::ExportTotals> run_export(ports::ExportJobs& jobs, const ports::ExportJob& job,
                                                     const domain::TenantIds& ids, std::int64_t max_bytes,
                                                     const std::stop_token& stop);

}  // namespace winnow::pipeline
