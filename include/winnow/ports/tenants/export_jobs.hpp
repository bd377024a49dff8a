#pragma once

/// @file
/// Exports that wait for somebody to make them, of every tenant, and what they are made of.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/ports/backtest_jobs.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace winnow::ports {

/// An export in the hands of a runner.
struct ExportJob {
    TenantId tenant;
    ExportId id;
    std::string runner;
    std::int32_t attempt = 0;  ///< With `runner` it tells this run from every other one.
};

/// A bounded part of what a tenant owns: lines of JSON of one resource, or rows of the journal.
struct ExportPiece {
    std::string resource;  ///< Of lines: "rules"; a member's name may begin with it.
    std::string lines;     ///< Each ended by a line feed.
    std::int64_t rows = 0;
    std::vector<HistoryRow> alerts;  ///< Not empty: these, of one day in UTC, oldest first, and no lines.
};

/// What a tenant owned at one moment, read piece by piece. Used by one thread.
class ExportSource {
public:
    ExportSource() = default;
    ExportSource(const ExportSource&) = delete;
    ExportSource& operator=(const ExportSource&) = delete;
    virtual ~ExportSource() = default;

    [[nodiscard]] virtual Timestamp taken_at() const noexcept = 0;
    /// A JSON object: whose it is, of which schema, what has to be entered again (`to_enter_again`), and what is left
    /// out and why (`left_out`).
    [[nodiscard]] virtual const std::string& about() const noexcept = 0;
    /// The next piece, resources one behind the other; nullopt: that was all. Ends with an error as soon as `stop` is
    /// asked for.
    [[nodiscard]] virtual Result<std::optional<ExportPiece>> next(const std::stop_token& stop) = 0;
};

struct ExportTotals {
    std::int64_t files = 0;
    std::int64_t rows = 0;
    std::int64_t bytes = 0;
    std::int32_t parts = 0;
};

/// A runner that says nothing for so long is gone, and another one begins its export anew…
inline constexpr std::chrono::seconds kExportSilence{60};
/// …so often in all. Then it has failed.
inline constexpr std::int32_t kExportAttempts = 3;

/// Thread-safe. Blocks on the database.
class ExportJobs {
public:
    ExportJobs() = default;
    ExportJobs(const ExportJobs&) = delete;
    ExportJobs& operator=(const ExportJobs&) = delete;
    virtual ~ExportJobs() = default;

    /// The one that has waited longest; nullopt where there is nothing to do. clear() it before its first part.
    [[nodiscard]] virtual Result<std::optional<ExportJob>> claim(const std::string& runner) = 0;
    /// What its tenant owns from now on does not count.
    [[nodiscard]] virtual Result<std::unique_ptr<ExportSource>> open(const ExportJob& job) = 0;

    // Each answers false where the job is no longer its runner's: deleted, or given to another one.

    /// Takes away what earlier runs left, a bounded number of parts at a time. Ends with an error as soon as `stop` is
    /// asked for; what went by then has gone.
    [[nodiscard]] virtual Result<bool> clear(const ExportJob& job, const std::stop_token& stop) = 0;
    [[nodiscard]] virtual Result<bool> keep(const ExportJob& job) = 0;
    /// The same again where it is not known whether it was stored.
    [[nodiscard]] virtual Result<bool> append(const ExportJob& job, std::int32_t number, const std::string& bytes) = 0;
    [[nodiscard]] virtual Result<bool> finish(const ExportJob& job, const ExportTotals& totals) = 0;
    /// `error` is for the tenant's eyes.
    [[nodiscard]] virtual Result<bool> fail(const ExportJob& job, const std::string& error) = 0;
    /// Back into the queue; it counts as an attempt.
    [[nodiscard]] virtual Result<bool> release(const ExportJob& job) = 0;
};

}  // namespace winnow::ports
