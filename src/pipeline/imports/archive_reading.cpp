#include "pipeline/imports/archive_reading.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace winnow::pipeline {

namespace {

constexpr std::size_t kLinesAtOnce = 500;
constexpr std::size_t kBytesAtOnce = std::size_t{1} << 20U;
constexpr std::chrono::seconds kTellEvery{5};
constexpr std::chrono::hours kLongest{1};  // while it is written, nothing that goes makes room for anybody

// Lines of JSON become a tenth to a fiftieth. What is smaller than a GiB may be anything.
constexpr std::uint64_t kMostTimes = 50;
constexpr std::uint64_t kLeastUnpacked = std::uint64_t{1} << 30U;

}  // namespace

std::vector<LineBatch> batches_of(std::string_view content)
{
    std::vector<LineBatch> batches;
    std::size_t bytes = 0;
    std::int64_t line = 0;
    while (!content.empty()) {
        const auto end = std::min(content.find('\n'), content.size());
        ++line;
        if (batches.empty() || batches.back().lines.size() >= kLinesAtOnce || bytes >= kBytesAtOnce) {
            batches.push_back({.first = line, .lines = {}});
            bytes = 0;
        }
        batches.back().lines.emplace_back(content.substr(0, end));
        bytes += end;
        content.remove_prefix(std::min(end + 1, content.size()));
    }
    return batches;
}

Result<Done> ImportPulse::beat(const ports::ImportProgress& progress)
{
    if (stop_.stop_requested()) return Error(ErrorCode::unavailable, "the node is being stopped");
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < kTellEvery) return Done{};
    if (now - begun_ > kLongest) {
        return Error(ErrorCode::too_large,
                     "the import took longer than an hour; export less: keep alerts and tickets for "
                     "fewer days where it comes from");
    }
    return tell(progress);
}

Result<Done> ImportPulse::tell(const ports::ImportProgress& progress)
{
    const auto kept = jobs_.keep(job_, progress);
    if (!kept) return kept.error();
    last_ = std::chrono::steady_clock::now();
    if (!*kept) return Error(ErrorCode::not_found, "the import is not wanted any more");
    return Done{};
}

archive::ReadLimits read_limits(std::int64_t max_bytes) noexcept
{
    archive::ReadLimits limits;
    limits.max_bytes =
        std::max(kLeastUnpacked, static_cast<std::uint64_t>(std::max<std::int64_t>(max_bytes, 0)) * kMostTimes);
    return limits;
}

Result<Done> read_archive(ports::ImportJobs& jobs, const ports::ImportJob& job, const archive::ReadLimits& limits,
                          archive::TarZstReader::Member member, const std::stop_token& stop)
{
    archive::TarZstReader reader(std::move(member), limits);
    for (std::int32_t number = 0; number < job.parts; ++number) {
        if (stop.stop_requested()) return Error(ErrorCode::unavailable, "the node is being stopped");
        const auto part = jobs.part(job, number);
        if (!part) return part.error();
        if (auto read = reader.take(*part); !read) return read;
    }
    return reader.finish();
}

}  // namespace winnow::pipeline
