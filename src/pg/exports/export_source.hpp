#pragma once

/// @file
/// What a tenant owns, read in one transaction. Private to pg.

#include "pg/session/connection.hpp"
#include "pg/session/transaction.hpp"
#include "pg/session/watchdog.hpp"
#include "pg/tenants/proofs.hpp"
#include "winnow/ports/tenants/export_jobs.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace winnow::pg {

/// A session of winnow_api that is put on the tenant: row-level security shows it nothing else, whatever a statement
/// says. It sees the moment at which it began, until it goes.
class PgExportSource final : public ports::ExportSource {
public:
    /// Throws what opening a session throws; `unavailable` where the tenant cannot be proven.
    [[nodiscard]] static Result<std::unique_ptr<ports::ExportSource>> open(const PgOptions& api, TenantProofs& proofs,
                                                                           TenantId tenant);

    [[nodiscard]] Timestamp taken_at() const noexcept override { return taken_at_; }
    [[nodiscard]] const std::string& about() const noexcept override { return about_; }
    Result<std::optional<ports::ExportPiece>> next(const std::stop_token& stop) override;

private:
    explicit PgExportSource(const PgOptions& api) : session_(api) {}

    void look_around();
    [[nodiscard]] std::optional<ports::ExportPiece> next_lines();
    [[nodiscard]] std::optional<ports::ExportPiece> next_alerts();
    void declare(const std::string& select);
    void close();

    const std::shared_ptr<Watchdog> dog_ = Watchdog::shared();
    Session session_;
    std::unique_ptr<Transaction> transaction_;  // behind its session: it ends first
    Timestamp taken_at_;
    std::string about_;
    std::size_t table_ = 0;  ///< Whose turn it is; beyond the last one: the journal's.
    bool is_declared_ = false;
    bool is_over_ = false;
    std::optional<ports::HistoryRow> kept_;  ///< The first row of the next day.
};

}  // namespace winnow::pg
