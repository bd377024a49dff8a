#pragma once

/// @file
/// The one transaction in which an archive is written. Private to pg.

#include "pg/session/connection.hpp"
#include "pg/session/transaction.hpp"
#include "pg/session/watchdog.hpp"
#include "pg/tenants/proofs.hpp"
#include "winnow/domain/limits.hpp"
#include "winnow/ports/tenants/import_jobs.hpp"

#include <pqxx/except>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace winnow::pg {

/// Whether the server refused what somebody gave it to store, and nothing else was at fault.
[[nodiscard]] bool is_of_the_data(const pqxx::sql_error& failure);

/// A session of winnow_api that is put on the tenant: whatever an archive says, row-level security lets it write
/// nothing of another one's. Without finish() nothing was written.
class PgImportTarget final : public ports::ImportTarget {
public:
    /// Throws what opening a session throws; `unavailable` where the tenant cannot be proven.
    [[nodiscard]] static Result<std::unique_ptr<ports::ImportTarget>> open(const PgOptions& api, TenantProofs& proofs,
                                                                           const ports::ImportJob& job,
                                                                           const domain::TenantLimits& limits);

    Result<std::map<Uuid, Uuid>> add_users(std::span<const std::string> lines) override;
    Result<Done> add(std::string_view resource, std::span<const std::string> lines) override;
    Result<Timestamp> alerts_kept_from() override;
    Result<Done> add_alerts(domain::StreamId stream, std::span<const ports::ImportedAlerts> rows) override;
    Result<bool> finish(const ports::ImportSummary& summary) override;

private:
    PgImportTarget(const PgOptions& api, const ports::ImportJob& job, const domain::TenantLimits& limits)
        : api_(api), job_(job), limits_(limits), session_(api)
    {
    }

    [[nodiscard]] Result<Done> begin();
    [[nodiscard]] Result<Done> may_have_groups();
    [[nodiscard]] Result<Done> write(std::string_view resource, const std::string& lines);
    [[nodiscard]] std::optional<std::int64_t> chosen_days() const;
    [[nodiscard]] Result<Done> within_quotas();
    [[nodiscard]] Result<Done> lock_as_it_was();
    [[nodiscard]] Result<Done> record(const ports::ImportSummary& summary);

    const PgOptions api_;
    const ports::ImportJob job_;
    const domain::TenantLimits limits_;
    const std::shared_ptr<Watchdog> dog_ = Watchdog::shared();
    Session session_;
    std::unique_ptr<Transaction> transaction_;  // behind its session: it ends first
    std::int64_t version_ = 0;                  ///< Of the tenant's configuration, when it began.
    std::string resource_;                      ///< That is being written.
    /// The tenant's own rows, of which it has one each: they are changed last, as others wait for them meanwhile.
    std::map<std::string, std::string, std::less<>> merged_;
};

}  // namespace winnow::pg
