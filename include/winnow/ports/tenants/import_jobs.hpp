#pragma once

/// @file
/// Imports that wait for somebody to do them, of every tenant, and where they go.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/position.hpp"
#include "winnow/domain/tenants/archive_shape.hpp"
#include "winnow/domain/tenants/import.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::ports {

/// An import in the hands of a runner.
struct ImportJob {
    TenantId tenant;
    ImportId id;
    std::string runner;
    std::int32_t attempt = 0;  ///< With `runner` it tells this run from every other one.
    std::int32_t parts = 0;    ///< Numbered from 0.
    std::int64_t bytes = 0;    ///< Of all of them.
    std::string source;        ///< As Import::source.
    std::string created_by;    ///< "user:<id>"
};

/// How far it is.
struct ImportProgress {
    domain::ImportState state = domain::ImportState::checking;
    std::int64_t rows_done = 0;
    std::int64_t rows_total = 0;
};

/// Of some lines of a resource, the first that a table would refuse.
struct RefusedLine {
    std::size_t index = 0;  ///< Among those that were asked for.
    std::string why;
};

/// A row of the journal on its way in, with verdicts that say that nothing came of it here.
struct ImportedAlerts {
    domain::RowPosition position;
    std::int32_t alerts = 0;
    std::string payload;   ///< journal::encode_rows
    std::string verdicts;  ///< journal::encode_verdicts
};

/// What is told of an import that was done.
struct ImportSummary {
    std::int64_t rows = 0;
    TenantId from;
    std::string service_code;
};

/// One transaction of the tenant's: nobody sees what is written before finish(), and nothing is left of it without.
/// Used by one thread.
class ImportTarget {
public:
    ImportTarget() = default;
    ImportTarget(const ImportTarget&) = delete;
    ImportTarget& operator=(const ImportTarget&) = delete;
    virtual ~ImportTarget() = default;

    // Lines are JSON objects that were checked. `invalid_argument` where a table refuses one of them all the same:
    // nothing more can be done then.

    /// Users, who arrive as invited. Those whose address, or id, somebody has here already are that person: of the
    /// archive → here.
    [[nodiscard]] virtual Result<std::map<Uuid, Uuid>> add_users(std::span<const std::string> lines) = 0;
    /// Rows of any other resource.
    [[nodiscard]] virtual Result<Done> add(std::string_view resource, std::span<const std::string> lines) = 0;
    /// Since when the tenant keeps alerts: older ones are not written. By the settings that were added.
    [[nodiscard]] virtual Result<Timestamp> alerts_kept_from() = 0;
    [[nodiscard]] virtual Result<Done> add_alerts(domain::StreamId stream, std::span<const ImportedAlerts> rows) = 0;

    /// Locks the tenant's configuration, which nobody may have changed since open(); checks its quotas, what its rules
    /// cost together, and that all of it can be read (`invalid_argument`); records who imported what, and commits.
    /// False: the job is not its runner's any more, and nothing was written. `conflict`: others hold the tenant.
    [[nodiscard]] virtual Result<bool> finish(const ImportSummary& summary) = 0;
};

/// A runner that says nothing for so long is gone, and another one begins its import anew…
inline constexpr std::chrono::seconds kImportSilence{60};
/// …so often in all. Then it has failed.
inline constexpr std::int32_t kImportAttempts = 3;

/// Thread-safe. Blocks on the database.
class ImportJobs {
public:
    ImportJobs() = default;
    ImportJobs(const ImportJobs&) = delete;
    ImportJobs& operator=(const ImportJobs&) = delete;
    virtual ~ImportJobs() = default;

    /// The one that has waited longest; nullopt where there is nothing to do.
    [[nodiscard]] virtual Result<std::optional<ImportJob>> claim(const std::string& runner) = 0;
    /// What this program takes in.
    [[nodiscard]] virtual Result<domain::ArchiveShape> shape() = 0;
    /// `not_found` where it was deleted.
    [[nodiscard]] virtual Result<std::string> part(const ImportJob& job, std::int32_t number) = 0;
    /// Whether the resource's table takes each of the lines by itself. Nothing is written.
    [[nodiscard]] virtual Result<std::optional<RefusedLine>> check(std::string_view resource,
                                                                   std::span<const std::string> lines) = 0;
    /// A stream of the journal that nobody replays.
    [[nodiscard]] virtual Result<domain::StreamId> open_stream() = 0;
    /// The journal has room for alerts of that day ("2026-11-28").
    [[nodiscard]] virtual Result<Done> make_day(std::string_view day) = 0;
    /// `invalid_argument` where the tenant has something already that would be mixed with what is imported, or is not
    /// active. Until finish() nobody waits for it who suspends or closes the tenant, or takes somebody's rights away.
    [[nodiscard]] virtual Result<std::unique_ptr<ImportTarget>> open(const ImportJob& job) = 0;

    // Each answers false where the job is no longer its runner's: deleted, or given to another one.

    [[nodiscard]] virtual Result<bool> keep(const ImportJob& job, const ImportProgress& progress) = 0;
    /// Both are for the tenant's eyes. The archive goes by and by.
    [[nodiscard]] virtual Result<bool> fail(const ImportJob& job, const std::string& error,
                                            const std::vector<domain::ImportFault>& faults) = 0;
    /// Back into the queue; it counts as an attempt.
    [[nodiscard]] virtual Result<bool> release(const ImportJob& job) = 0;
};

}  // namespace winnow::ports
