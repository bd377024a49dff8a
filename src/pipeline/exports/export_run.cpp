#include "pipeline/exports/export_run.hpp"

#include "pipeline/exports/patience.hpp"
#include "winnow/archive/tar_zst.hpp"
#include "winnow/base/time.hpp"
#include "winnow/domain/sha256_hex.hpp"
#include "winnow/journal/codec.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::pipeline {

namespace {

using ports::ExportJob;
using ports::ExportJobs;
using ports::ExportTotals;

constexpr std::size_t kPartBytes = 1U << 20U;
constexpr std::size_t kMemberBytes = 4U << 20U;  // of alerts, some
constexpr std::size_t kNumberDigits = 6;
constexpr std::size_t kDateChars = 10;  // of RFC 3339: "2026-11-28"
constexpr std::chrono::seconds kKeepEvery{5};
constexpr std::chrono::hours kLongest{1};  // while it is read, nothing that goes makes room for anybody

Error not_wanted()
{
    return {ErrorCode::not_found, "the export is not wanted any more"};
}

/// The compressed bytes, as parts of some size.
class Parts {
public:
    Parts(ExportJobs& jobs, const ExportJob& job, Patience& patience, std::int64_t max_bytes)
        : jobs_(jobs), job_(job), patience_(patience), max_bytes_(max_bytes)
    {
    }

    Result<Done> take(std::string_view bytes)
    {
        written_ += static_cast<std::int64_t>(bytes.size());
        if (written_ > max_bytes_) {
            return Error(ErrorCode::too_large,
                         "the export would be longer than " + std::to_string(max_bytes_) +
                             " bytes (tenants.max_export_bytes); keep alerts and tickets for fewer "
                             "days, or ask your provider");
        }
        part_.append(bytes);
        if (part_.size() < kPartBytes) return Done{};
        return store();
    }

    /// What is left.
    Result<Done> end()
    {
        if (part_.empty()) return Done{};
        return store();
    }

    [[nodiscard]] std::int64_t bytes() const noexcept { return written_; }
    [[nodiscard]] std::int32_t count() const noexcept { return next_; }

private:
    Result<Done> store()
    {
        const auto stored = patience_([this] { return jobs_.append(job_, next_, part_); });
        if (!stored) return stored.error();
        if (!*stored) return not_wanted();
        ++next_;
        part_.clear();
        return Done{};
    }

    ExportJobs& jobs_;
    const ExportJob& job_;
    Patience& patience_;
    const std::int64_t max_bytes_;
    std::string part_;
    std::int32_t next_ = 0;
    std::int64_t written_ = 0;
};

/// The archive's members, and the list of them for the manifest.
class Members {
public:
    explicit Members(archive::TarZstWriter& writer) : writer_(writer) {}

    /// The next of a folder.
    Result<Done> add(const std::string& folder, std::string_view content, std::int64_t rows)
    {
        if (folder != folder_) number_ = 0;
        folder_ = folder;
        const auto digits = std::to_string(++number_);
        const auto zeros = std::string(digits.size() < kNumberDigits ? kNumberDigits - digits.size() : 0, '0');
        const auto name = folder + '/' + zeros + digits + ".ndjson";
        list_ += list_.empty() ? "" : ",";
        list_ += R"({"name":")" + name + R"(","rows":)" + std::to_string(rows) + R"(,"bytes":)" +
                 std::to_string(content.size()) + R"(,"sha256":")" + domain::sha256_hex(content) + R"("})";
        ++totals_.files;
        totals_.rows += rows;
        return writer_.add(name, content);
    }

    /// `about`: a JSON object.
    Result<Done> add_manifest(const std::string& about)
    {
        std::string manifest = R"({"format":"winnow-export/1",)";
        manifest.append(about, 1, about.size() - 2).append(R"(,"files":[)").append(list_).append("]}\n");
        ++totals_.files;
        return writer_.add("manifest.json", manifest);
    }

    [[nodiscard]] const ExportTotals& totals() const noexcept { return totals_; }

private:
    archive::TarZstWriter& writer_;
    std::string folder_;
    std::size_t number_ = 0;
    std::string list_;
    ExportTotals totals_;
};

/// The alerts of one day, as lines: what is kept of each (docs/architecture.md, The journal's bytes), with its id and
/// when it came.
class AlertLines {
public:
    AlertLines(Members& members, const domain::TenantIds& ids) : members_(members), ids_(ids) {}

    Result<Done> add(const std::vector<ports::HistoryRow>& rows)
    {
        folder_ = "alerts/" + format_rfc3339(rows.front().position.received_at).substr(0, kDateChars);
        for (const auto& row : rows) {
            if (auto read = journal::decode_rows(row.payload, decoded_); !read) return read;
            if (auto added = add(row.position); !added) return added;
        }
        return flush();
    }

private:
    Result<Done> add(const domain::RowPosition& position)
    {
        const auto ids = ids_.row(position);
        const auto came = format_rfc3339(position.received_at);
        std::string_view rest = decoded_;
        for (std::uint16_t index = 0; !rest.empty(); ++index) {
            const auto end = rest.find('\n');
            const auto line = rest.substr(0, end);
            rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
            if (line.size() < 2) continue;  // a gap
            text_ += R"({"alert_id":")" + ids.alert(index).str() + R"(","received_at":")" + came + '"';
            if (line != "{}") text_ += ',';
            text_.append(line.substr(1)).append(1, '\n');
            ++rows_;
            if (text_.size() < kMemberBytes) continue;
            if (auto flushed = flush(); !flushed) return flushed;
        }
        return Done{};
    }

    Result<Done> flush()
    {
        if (rows_ == 0) return Done{};
        auto added = members_.add(folder_, text_, rows_);
        text_.clear();
        rows_ = 0;
        return added;
    }

    Members& members_;
    const domain::TenantIds& ids_;
    std::string folder_;
    std::string decoded_;
    std::string text_;
    std::int64_t rows_ = 0;
};

/// Says now and then that its runner lives, and ends what takes too long.
class Pulse {
public:
    Pulse(ExportJobs& jobs, const ExportJob& job, Patience& patience) : jobs_(jobs), job_(job), patience_(patience) {}

    Result<Done> beat()
    {
        const auto now = std::chrono::steady_clock::now();
        if (now - last_ < kKeepEvery) return Done{};
        if (now - begun_ > kLongest) {
            return Error(ErrorCode::too_large,
                         "the export took longer than an hour; keep alerts and tickets for fewer days");
        }
        const auto kept = patience_([this] { return jobs_.keep(job_); });
        if (!kept) return kept.error();
        last_ = std::chrono::steady_clock::now();
        if (!*kept) return not_wanted();
        return Done{};
    }

private:
    ExportJobs& jobs_;
    const ExportJob& job_;
    Patience& patience_;
    const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point last_ = begun_;
};

}  // namespace

Result<ExportTotals> run_export(ExportJobs& jobs, const ExportJob& job, const domain::TenantIds& ids,
                                std::int64_t max_bytes, const std::stop_token& stop)
{
    Patience patience(stop);
    const auto cleared = patience([&] { return jobs.clear(job, stop); });
    if (!cleared) return cleared.error();
    if (!*cleared) return not_wanted();
    const auto source = jobs.open(job);
    if (!source) return source.error();
    Parts parts(jobs, job, patience, max_bytes);
    archive::TarZstWriter writer([&parts](std::string_view bytes) { return parts.take(bytes); }, (*source)->taken_at());
    Members members(writer);
    AlertLines alerts(members, ids);
    Pulse pulse(jobs, job, patience);
    while (true) {
        if (stop.stop_requested()) return Error(ErrorCode::unavailable, "the node is being stopped");
        const auto piece = (*source)->next(stop);
        if (!piece) return piece.error();
        if (!*piece) break;
        const auto& [resource, lines, rows, journal_rows] = **piece;
        const auto added = journal_rows.empty() ? members.add(resource, lines, rows) : alerts.add(journal_rows);
        if (!added) return added.error();
        if (const auto alive = pulse.beat(); !alive) return alive.error();
    }
    if (const auto added = members.add_manifest((*source)->about()); !added) return added.error();
    if (const auto finished = writer.finish(); !finished) return finished.error();
    if (const auto ended = parts.end(); !ended) return ended.error();
    auto totals = members.totals();
    totals.bytes = parts.bytes();
    totals.parts = parts.count();
    return totals;
}

}  // namespace winnow::pipeline
