#include "pg/exports/export_source.hpp"

#include "pg/exports/exported_tables.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/sql_errors.hpp"
#include "winnow/domain/retention.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <utility>

namespace winnow::pg {

namespace {

using ports::ExportPiece;
using ports::HistoryRow;

constexpr std::size_t kPieceBytes = 1U << 20U;
constexpr std::size_t kAlertBytes = 256U << 10U;  // compressed: of a page of alerts, some MiB of text
constexpr std::chrono::seconds kStatement{60};
constexpr std::chrono::seconds kPatience{90};

// A piece becomes longer than it is to be by one fetch: 32 rows of some 256 KiB, or one where rows may be longer.
constexpr auto kFetch = "fetch 32 from piece";
constexpr auto kFetchRow = "fetch 1 from piece";

constexpr auto kAbout = R"sql(
select t.tenant_id, t.service_code, t.name, now(), (select max(name) from schema_migrations)
  from tenants t where t.tenant_id = (select current_tenant())
)sql";

std::string select_of(const ExportedTable& table)
{
    return std::string("select (")
        .append(table.row)
        .append(")::text from ")
        .append(table.resource)
        .append(" t where t.tenant_id = (select current_tenant()) order by ")
        .append(table.order);
}

std::string select_of_alerts()
{
    return "select received_at, stream, seq, payload from journal where tenant_id = (select current_tenant()) and "
           "received_at >= (select kept_from(current_tenant(), 'journal', " +
           std::to_string(domain::class_of(domain::Kept::journal).usual.count()) +
           ")) order by received_at, stream, seq";
}

HistoryRow read_row(const pqxx::row& row)
{
    return {.position = {.received_at = time_of(row[0]),
                         .stream = row[1].as<domain::StreamId>(),
                         .seq = row[2].as<std::uint64_t>()},
            .payload = bytes_of(row[3])};
}

}  // namespace

Result<std::unique_ptr<ports::ExportSource>> PgExportSource::open(const PgOptions& api, TenantProofs& proofs,
                                                                  TenantId tenant)
{
    std::unique_ptr<PgExportSource> source(new PgExportSource(api));
    const Watchdog::Guard guard(*source->dog_, source->session_.socket(), kPatience);
    auto begun = proofs.begin(source->session_, tenant, {.statement_timeout = kStatement, .reads_only = true});
    if (!begun) return begun.error();
    source->transaction_ = *std::move(begun);
    source->look_around();
    return source;
}

void PgExportSource::look_around()
{
    const auto row = transaction_->tx().exec1(kAbout);
    taken_at_ = time_of(row[3]);
    nlohmann::json about{
        {"tenant", {{"id", text_of(row[0])}, {"service_code", text_of(row[1])}, {"name", text_of(row[2])}}},
        {"taken_at", format_rfc3339(taken_at_)},
        {"schema", text_of(row[4])}};
    auto& again = about["to_enter_again"] = nlohmann::json::array();
    for (const auto& table : exported_tables()) {
        if (!table.secrets.empty()) again.push_back({{"resource", table.resource}, {"fields", table.secrets}});
    }
    auto& left_out = about["left_out"] = nlohmann::json::array();
    for (const auto& [table, why] : left_out_tables()) left_out.push_back({{"table", table}, {"why", why}});
    about_ = about.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<std::optional<ExportPiece>> PgExportSource::next(const std::stop_token& stop)
{
    const Watchdog::Guard guard(*dog_, session_.socket(), kPatience);
    const std::stop_callback given_up(stop, [this] { session_.socket().shut_down(); });
    return translated([&]() -> Result<std::optional<ExportPiece>> {
        if (auto lines = next_lines()) return lines;
        return next_alerts();
    });
}

std::optional<ExportPiece> PgExportSource::next_lines()
{
    const auto tables = exported_tables();
    while (table_ < tables.size()) {
        const auto& table = tables[table_];
        if (!is_declared_) declare(select_of(table));
        ExportPiece piece;
        piece.resource = table.resource;
        bool is_last = false;
        while (!is_last && piece.lines.size() < kPieceBytes) {
            const auto rows = transaction_->tx().exec(table.has_long_rows ? kFetchRow : kFetch);
            for (const auto& row : rows) piece.lines.append(row[0].c_str()).append(1, '\n');
            piece.rows += static_cast<std::int64_t>(rows.size());
            is_last = rows.empty();
        }
        if (is_last) {
            close();
            ++table_;
        }
        if (piece.rows > 0) return piece;
    }
    return std::nullopt;
}

std::optional<ExportPiece> PgExportSource::next_alerts()
{
    if (is_over_) return std::nullopt;
    if (!is_declared_) declare(select_of_alerts());
    ExportPiece piece;
    if (kept_) piece.alerts.push_back(*std::exchange(kept_, std::nullopt));
    std::size_t bytes = 0;
    while (bytes < kAlertBytes) {
        const auto rows = transaction_->tx().exec(kFetchRow);
        if (rows.empty()) {
            is_over_ = true;
            close();
            break;
        }
        auto row = read_row(rows.front());
        const auto day = std::chrono::floor<std::chrono::days>(row.position.received_at);
        if (!piece.alerts.empty() &&
            std::chrono::floor<std::chrono::days>(piece.alerts.front().position.received_at) != day) {
            kept_ = std::move(row);
            break;
        }
        bytes += row.payload.size();
        piece.alerts.push_back(std::move(row));
    }
    if (piece.alerts.empty()) return std::nullopt;
    return piece;
}

void PgExportSource::declare(const std::string& select)
{
    transaction_->tx().exec("declare piece no scroll cursor for " + select);
    is_declared_ = true;
}

void PgExportSource::close()
{
    transaction_->tx().exec("close piece");
    is_declared_ = false;
}

}  // namespace winnow::pg
