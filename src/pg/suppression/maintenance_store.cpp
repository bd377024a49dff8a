#include "winnow/ports/maintenance_store.hpp"

#include "pg/costs/judge_costs.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/session/unique_write.hpp"
#include "pg/suppression/scope_columns.hpp"
#include "winnow/forms/window_form.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

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

/// `$N` of each field; the two of the scope follow, $1 is the tenant.
std::string parameter_of(std::size_t place)
{
    return "$" + std::to_string(place + 2);
}

std::string cast_of(const forms::WindowField& field)
{
    return std::holds_alternative<std::vector<std::string> MaintenanceWindow::*>(field.member) ? "::text[]" : "";
}

std::string insert_sql()
{
    std::string columns = "tenant_id";
    std::string values = "$1";
    std::string written_at;
    const auto fields = forms::window_fields();
    for (std::size_t i = 0; i < fields.size(); ++i) {
        columns.append(", ").append(fields[i].column);
        values.append(", ").append(parameter_of(i)).append(cast_of(fields[i]));
        if (fields[i].name == "updated_at") written_at = parameter_of(i);
    }
    return "insert into maintenance_windows (" + columns + ", condition, syntax, created_at) values (" + values + ", " +
           parameter_of(fields.size()) + ", " + parameter_of(fields.size() + 1) + ", " + written_at + ")";
}

std::string update_sql()
{
    std::string assigned;
    std::string found;
    const auto fields = forms::window_fields();
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto pair = fields[i].column + (" = " + parameter_of(i)) + cast_of(fields[i]);
        (fields[i].name == "id" ? found : assigned).append(pair).append(fields[i].name == "id" ? "" : ", ");
    }
    return "update maintenance_windows set " + assigned + "condition = " + parameter_of(fields.size()) +
           ", syntax = " + parameter_of(fields.size() + 1) + " where tenant_id = $1 and " + found;
}

/// Takes a field's column.
struct FromColumn {
    const pqxx::field& column;
    MaintenanceWindow& window;

    void operator()(MaintenanceWindowId MaintenanceWindow::* at) const
    {
        window.*at = id_of<MaintenanceWindowId>(column);
    }
    void operator()(std::string MaintenanceWindow::* at) const { window.*at = text_of(column); }
    void operator()(bool MaintenanceWindow::* at) const { window.*at = column.as<bool>(); }
    void operator()(Timestamp MaintenanceWindow::* at) const { window.*at = time_of(column); }
    void operator()(std::chrono::milliseconds MaintenanceWindow::* at) const
    {
        window.*at = std::chrono::milliseconds(column.as<std::int64_t>());
    }
    void operator()(std::vector<std::string> MaintenanceWindow::* at) const { window.*at = read_texts(column); }
    void operator()(std::int64_t MaintenanceWindow::* at) const { window.*at = column.as<std::int64_t>(); }
};

/// The value of a field as a parameter.
struct ToParameter {
    Arguments& parameters;
    const MaintenanceWindow& window;

    void operator()(std::chrono::milliseconds MaintenanceWindow::* at) const { parameters.add((window.*at).count()); }
    void operator()(std::vector<std::string> MaintenanceWindow::* at) const { parameters.add(array_of(window.*at)); }

    template <typename Plain>
    void operator()(Plain MaintenanceWindow::* at) const
    {
        parameters.add(window.*at);
    }
};

MaintenanceWindow read_window(const pqxx::row& row)
{
    MaintenanceWindow window;
    for (const auto& field : forms::window_fields()) {
        const auto column = row[cast_of(field).empty() ? field.column : "exceptions_json"];
        std::visit(FromColumn{column, window}, field.member);
    }
    window.scope = read_scope("maintenance window", window.id, row["condition"], row["syntax"]);
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

    Result<Done> insert(const MaintenanceWindow& window) override { return write(insert_sql(), window); }
    Result<Done> update(const MaintenanceWindow& window) override { return write(update_sql(), window); }

    Result<Done> remove(MaintenanceWindowId id) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, "delete from maintenance_windows where tenant_id = $1 and maintenance_window_id = $2", tenant_,
                  id);
            return Done{};
        });
    }

private:
    Result<Done> write(const std::string& statement, const MaintenanceWindow& window)
    {
        return unless_taken("maintenance_windows_tenant_id_name_key",
                            "there is a maintenance window with this name already", [&] {
                                Arguments parameters;
                                parameters.add(tenant_);
                                for (const auto& field : forms::window_fields()) {
                                    std::visit(ToParameter{parameters, window}, field.member);
                                }
                                parameters.add(window.scope.text);
                                parameters.add(to_string(window.scope.syntax));
                                query(tx_, statement.c_str(), parameters);
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
