#include "winnow/ports/maintenance_store.hpp"

#include "pg/costs/judge_costs.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/unique_write.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/suppression/scope_columns.hpp"
#include "pg/tenants/noun_stores.hpp"

#include <memory>

namespace winnow::pg {
namespace {

using domain::MaintenanceWindow;
using ports::StoredWindow;

constexpr auto kPage = R"sql(
select w.*, to_json(w.exceptions) as exceptions_json, c.matched, c.last_matched_at,
       a.record as cost_record, a.until as cost_until, a.for_good as cost_for_good
  from maintenance_windows w
  left join suppression_stats c on c.tenant_id = w.tenant_id and c.cause_id = w.maintenance_window_id
  left join set_asides a on a.tenant_id = w.tenant_id and a.kind = 'maintenance_window'
                        and a.id = w.maintenance_window_id and a.version = w.version
 where w.tenant_id = $1 and ($2::uuid is null or w.maintenance_window_id > $2::uuid)
   and ($3::uuid is null or w.maintenance_window_id = $3::uuid)
 order by w.maintenance_window_id limit $4)sql";

constexpr auto kInsert = R"sql(
insert into maintenance_windows (tenant_id, maintenance_window_id, name, comment, condition, syntax, enabled, starts_at,
                                 duration_ms, time_zone, rrule, exceptions, version, created_at, updated_at, updated_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::text[], $13, $14, $14, $15))sql";

constexpr auto kUpdate = R"sql(
update maintenance_windows
   set name = $3, comment = $4, condition = $5, syntax = $6, enabled = $7, starts_at = $8, duration_ms = $9,
       time_zone = $10, rrule = $11, exceptions = $12::text[], version = $13, updated_at = $14, updated_by = $15
 where tenant_id = $1 and maintenance_window_id = $2)sql";

MaintenanceWindow read_window(const pqxx::row& row)
{
    MaintenanceWindow window;
    window.id = id_of<MaintenanceWindowId>(row["maintenance_window_id"]);
    window.name = text_of(row["name"]);
    window.comment = text_of(row["comment"]);
    window.scope = read_scope("maintenance window", window.id, row["condition"], row["syntax"]);
    window.enabled = row["enabled"].as<bool>();
    window.starts_at = time_of(row["starts_at"]);
    window.duration = std::chrono::milliseconds(row["duration_ms"].as<std::int64_t>());
    window.time_zone = text_of(row["time_zone"]);
    window.rrule = text_of(row["rrule"]);
    window.exceptions = read_texts(row["exceptions_json"]);
    window.version = row["version"].as<std::int64_t>();
    window.updated_at = time_of(row["updated_at"]);
    window.updated_by = text_of(row["updated_by"]);
    return window;
}

StoredWindow read_stored(const pqxx::row& row)
{
    StoredWindow stored{.window = read_window(row), .stats = read_cover_stats(row)};
    stored.cost = read_judge_cost(row, domain::JudgeKind::maintenance_window, stored.window);
    return stored;
}

class PgMaintenanceStore final : public ports::MaintenanceStore {
public:
    PgMaintenanceStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<std::vector<StoredWindow>> page(std::optional<MaintenanceWindowId> after, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<StoredWindow>> {
            std::vector<StoredWindow> found;
            for (const auto& row : query(tx_, kPage, tenant_, after, nullptr, limit)) {
                found.push_back(read_stored(row));
            }
            return found;
        });
    }

    Result<std::vector<MaintenanceWindow>> all() override
    {
        return translated([&]() -> Result<std::vector<MaintenanceWindow>> {
            std::vector<MaintenanceWindow> found;
            for (const auto& row : query(tx_, kPage, tenant_, nullptr, nullptr, nullptr)) {
                found.push_back(read_window(row));
            }
            return found;
        });
    }

    Result<StoredWindow> find(MaintenanceWindowId id) override
    {
        return translated([&]() -> Result<StoredWindow> {
            const auto rows = query(tx_, kPage, tenant_, nullptr, id, 1);
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such maintenance window");
            return read_stored(rows.front());
        });
    }

    Result<std::size_t> count() override
    {
        return translated([&]() -> Result<std::size_t> {
            return query(tx_, "select count(*) from maintenance_windows where tenant_id = $1", tenant_)[0][0]
                .as<std::size_t>();
        });
    }

    Result<Done> insert(const MaintenanceWindow& window) override { return write(kInsert, window); }
    Result<Done> update(const MaintenanceWindow& window) override { return write(kUpdate, window); }

    Result<Done> remove(MaintenanceWindowId id) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, "delete from maintenance_windows where tenant_id = $1 and maintenance_window_id = $2", tenant_,
                  id);
            return Done{};
        });
    }

private:
    Result<Done> write(const char* statement, const MaintenanceWindow& w)
    {
        return unless_taken(
            "maintenance_windows_tenant_id_name_key", "there is a maintenance window with this name already", [&] {
                query(tx_, statement, tenant_, w.id, w.name, w.comment, w.scope.text, to_string(w.scope.syntax),
                      w.enabled, w.starts_at, w.duration.count(), w.time_zone, w.rrule, array_of(w.exceptions),
                      w.version, w.updated_at, w.updated_by);
            });
    }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::MaintenanceStore> make_maintenance_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgMaintenanceStore>(tx, tenant);
}

}  // namespace winnow::pg
