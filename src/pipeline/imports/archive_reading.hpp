#pragma once

/// @file
/// An archive out of its parts, again and again. Private to pipeline.

#include "winnow/archive/tar_zst.hpp"
#include "winnow/base/result.hpp"
#include "winnow/ports/tenants/import_jobs.hpp"

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::pipeline {

/// Some lines of a member, and the number of the first one, from 1 on.
struct LineBatch {
    std::int64_t first = 1;
    std::vector<std::string> lines;
};

/// All of a member's, some at a time: up to 500, and no further one once they have 1 MiB.
[[nodiscard]] std::vector<LineBatch> batches_of(std::string_view content);

/// Says now and then how far an import is, and ends what takes too long.
class ImportPulse {
public:
    ImportPulse(ports::ImportJobs& jobs, const ports::ImportJob& job, std::stop_token stop)
        : jobs_(jobs), job_(job), stop_(std::move(stop))
    {
    }

    /// `unavailable`: the node is being stopped. `not_found`: the job is not its runner's any more. `too_large`: it
    /// takes longer than an hour.
    [[nodiscard]] Result<Done> beat(const ports::ImportProgress& progress);
    /// The same, at once.
    [[nodiscard]] Result<Done> tell(const ports::ImportProgress& progress);

private:
    ports::ImportJobs& jobs_;
    const ports::ImportJob& job_;
    const std::stop_token stop_;
    const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point last_ = begun_;
};

/// What of an archive is unpacked at most, of `max_bytes` that are packed.
[[nodiscard]] archive::ReadLimits read_limits(std::int64_t max_bytes) noexcept;

/// Gives `member` each member in turn. `invalid_argument`: it is no sound archive; or what `member` returned, or what
/// kept a part from being read.
[[nodiscard]] Result<Done> read_archive(ports::ImportJobs& jobs, const ports::ImportJob& job,
                                        const archive::ReadLimits& limits, archive::TarZstReader::Member member,
                                        const std::stop_token& stop);

}  // namespace winnow::pipeline
