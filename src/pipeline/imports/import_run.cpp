#include "pipeline/imports/import_run.hpp"

#include "pipeline/imports/alert_lines.hpp"
#include "pipeline/imports/archive_reading.hpp"
#include "winnow/domain/tenants/imported_ids.hpp"
#include "winnow/forms/archive_check.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::pipeline {

namespace {

using domain::ImportFault;
using domain::ImportState;
using ports::ImportJob;
using ports::ImportJobs;

constexpr std::int64_t kAlertsAtOnce = 10'000;
constexpr std::size_t kDateChars = 10;  // of RFC 3339: "2026-11-28"

std::string day_of(Timestamp at)
{
    return format_rfc3339(at).substr(0, kDateChars);
}

/// Something that is said of an archive, and not of the work on it, ends its reading with this.
Error nothing_more()
{
    return {ErrorCode::invalid_argument, "there is nothing more to tell of it"};
}

/// The first reading.
class Checking {
public:
    Checking(ImportJobs& jobs, const ImportJob& job, domain::ArchiveShape shape, Timestamp now,
             const std::stop_token& stop)
        : jobs_(jobs),
          pulse_(jobs, job, stop),
          alerts_(day_of(now + std::chrono::days{1})),  // clocks differ
          check_(std::move(shape),
                 [this](std::string_view line, std::string_view day) { return alerts_.check(line, day); })
    {
    }

    Result<Done> take(std::string_view name, std::string_view content)
    {
        const auto faults = check_.faults();
        check_.take(name, content);
        if (const auto place = forms::place_in_archive(name); place && check_.faults() == faults) {
            if (auto asked = ask(*place, name, content); !asked) return asked;
        }
        if (check_.is_full()) return nothing_more();
        return tell();
    }

    /// `read`: how the reading ended.
    Result<forms::ArchiveVerdict> finish(const Result<Done>& read, const std::string& source)
    {
        if (read) return check_.finish(source);
        if (read.error().code() != ErrorCode::invalid_argument) return read.error();
        if (check_.is_full()) return check_.finish(source);
        // What stands in front of it may be all right, but nobody knows what should have followed.
        return forms::ArchiveVerdict{.faults = {{.detail = read.error().message() + ": export again"}}};
    }

private:
    Result<Done> tell() { return pulse_.beat({.state = ImportState::checking, .rows_done = check_.rows()}); }

    /// Whether the tables take what is in it.
    Result<Done> ask(const forms::ArchivePlace& place, std::string_view name, std::string_view content)
    {
        if (place.resource == forms::kAlertsFolder) return Done{};
        for (const auto& [first, lines] : batches_of(content)) {
            const auto refused = jobs_.check(place.resource, lines);
            if (!refused) return refused.error();
            if (auto alive = tell(); !alive) return alive;
            if (!*refused) continue;
            check_.add({.file = std::string(name),
                        .line = first + static_cast<std::int64_t>((*refused)->index),
                        .detail = (*refused)->why});
        }
        return Done{};
    }

    ImportJobs& jobs_;
    ImportPulse pulse_;
    AlertLineCheck alerts_;
    forms::ArchiveCheck check_;
};

/// The second one.
class Writing {
public:
    Writing(ImportJobs& jobs, const ImportJob& job, std::unique_ptr<ports::ImportTarget> target,
            const domain::TenantIds& ids, domain::StreamId stream, std::int64_t rows, const std::stop_token& stop)
        : jobs_(jobs),
          pulse_(jobs, job, stop),
          target_(std::move(target)),
          stream_(stream),
          ids_(ids, stream),
          total_(rows),
          rows_(ids_,
                [this](const std::vector<ports::ImportedAlerts>& ready) { return target_->add_alerts(stream_, ready); })
    {
    }

    Result<Done> take(std::string_view name, std::string_view content)
    {
        const auto place = forms::place_in_archive(name);
        if (!place) return Done{};  // the manifest
        file_ = name;
        auto taken =
            place->resource == forms::kAlertsFolder ? take_alerts(*place, content) : take_rows(*place, content);
        if (!taken) return taken;
        return tell();
    }

    Result<bool> finish(const ports::ImportSummary& summary)
    {
        if (const auto ended = end_day(); !ended) return ended.error();
        return target_->finish(summary);
    }

    /// What a table has refused after all; nullopt: nothing.
    [[nodiscard]] const std::optional<ImportFault>& fault() const noexcept { return fault_; }

private:
    Result<Done> tell()
    {
        return pulse_.beat({.state = ImportState::writing, .rows_done = done_, .rows_total = total_});
    }

    Result<Done> take_rows(const forms::ArchivePlace& place, std::string_view content)
    {
        for (auto& [first, lines] : batches_of(content)) {
            if (place.resource != "users") {
                for (auto& line : lines) line = ids_.rewritten(line);
            }
            auto added = place.resource == "users" ? add_users(lines) : target_->add(place.resource, lines);
            if (!added) return refused(std::move(added), first, first + static_cast<std::int64_t>(lines.size()) - 1);
            done_ += static_cast<std::int64_t>(lines.size());
            if (auto alive = tell(); !alive) return alive;
        }
        return Done{};
    }

    Result<Done> add_users(const std::vector<std::string>& lines)
    {
        const auto known = target_->add_users(lines);
        if (!known) return known.error();
        ids_.add_users(*known);
        return Done{};
    }

    Result<Done> take_alerts(const forms::ArchivePlace& place, std::string_view content)
    {
        if (const auto begun = begin_day(place.day); !begun) return begun.error();
        std::int64_t line = 0;
        while (!content.empty()) {
            const auto end = std::min(content.find('\n'), content.size());
            ++line;
            ++done_;
            std::string wrong;
            const auto read = reader_.read(content.substr(0, end), wrong);
            content.remove_prefix(std::min(end + 1, content.size()));
            if (!read) return Error(ErrorCode::internal, "the archive is not what was checked");
            if (line % kAlertsAtOnce == 0) {
                if (auto alive = tell(); !alive) return alive;
            }
            if (read->received_at < *kept_from_) continue;
            if (auto added = rows_.add(*read); !added) return refused(std::move(added), 1, line);
        }
        return Done{};
    }

    Result<Done> begin_day(std::string_view day)
    {
        if (day == day_) return Done{};
        if (auto ended = end_day(); !ended) return ended;
        day_ = day;
        if (!kept_from_) {
            const auto kept_from = target_->alerts_kept_from();
            if (!kept_from) return kept_from.error();
            kept_from_ = *kept_from;
        }
        if (day < day_of(*kept_from_)) return Done{};  // all of it is left out
        return jobs_.make_day(day);
    }

    Result<Done> end_day()
    {
        auto ended = rows_.end();
        return ended ? std::move(ended) : refused(std::move(ended), 0, 0);
    }

    /// Remembers where in the archive that was.
    Result<Done> refused(Result<Done> why, std::int64_t first, std::int64_t last)
    {
        if (why.error().code() != ErrorCode::invalid_argument) return why;
        const auto lines = first < last ? "in the lines up to " + std::to_string(last) + ": " : std::string();
        fault_ = ImportFault{.file = file_, .line = first, .detail = lines + why.error().message()};
        return why;
    }

    ImportJobs& jobs_;
    ImportPulse pulse_;
    const std::unique_ptr<ports::ImportTarget> target_;
    const domain::StreamId stream_;
    domain::ImportedIds ids_;
    const std::int64_t total_;
    AlertLineReader reader_;
    AlertRows rows_;
    std::string file_;
    std::string day_;
    std::optional<Timestamp> kept_from_;
    std::int64_t done_ = 0;
    std::optional<ImportFault> fault_;
};

Result<forms::ArchiveVerdict> checked(ImportJobs& jobs, const ImportJob& job, const archive::ReadLimits& limits,
                                      Timestamp now, const std::stop_token& stop)
{
    auto shape = jobs.shape();
    if (!shape) return shape.error();
    Checking checking(jobs, job, *std::move(shape), now, stop);
    const auto read = read_archive(
        jobs, job, limits,
        [&checking](std::string_view name, std::string_view content) { return checking.take(name, content); }, stop);
    return checking.finish(read, job.source);
}

}  // namespace

Result<ImportOutcome> run_import(ImportJobs& jobs, const ImportJob& job, const domain::TenantIds& ids,
                                 std::int64_t max_bytes, Timestamp now, const std::stop_token& stop)
{
    const auto limits = read_limits(std::min(max_bytes, job.bytes));
    auto verdict = checked(jobs, job, limits, now, stop);
    if (!verdict) return verdict.error();
    if (!verdict->faults.empty()) return ImportOutcome{.faults = std::move(verdict->faults)};

    const ports::ImportProgress begun{.state = ImportState::writing, .rows_total = verdict->rows};
    if (auto kept = ImportPulse(jobs, job, stop).tell(begun); !kept) return kept.error();
    auto stream = verdict->days.empty() ? Result<domain::StreamId>(domain::kFirstMaskedStream) : jobs.open_stream();
    if (!stream) return stream.error();
    auto target = jobs.open(job);
    if (!target) return target.error();
    Writing writing(jobs, job, *std::move(target), ids, *stream, verdict->rows, stop);
    const auto written = read_archive(
        jobs, job, limits,
        [&writing](std::string_view name, std::string_view content) { return writing.take(name, content); }, stop);
    if (writing.fault()) return ImportOutcome{.faults = {*writing.fault()}};
    if (!written) return written.error();
    const auto& about = verdict->about;
    const auto finished =
        writing.finish({.rows = verdict->rows, .from = about.tenant, .service_code = about.service_code});
    if (writing.fault()) return ImportOutcome{.faults = {*writing.fault()}};
    if (!finished) return finished.error();
    if (!*finished) return Error(ErrorCode::not_found, "the import is not wanted any more");
    return ImportOutcome{.rows = verdict->rows};
}

}  // namespace winnow::pipeline
