#include "pg/tenant_rows.hpp"

#include "pg/values.hpp"

namespace winnow::pg {

domain::Tenant read_tenant(const pqxx::row& row)
{
    return {.id = id_of<TenantId>(row["tenant_id"]),
            .service_code = text_of(row["service_code"]),
            .name = text_of(row["name"]),
            .suspended = text_of(row["state"]) == "suspended",
            .created_at = time_of(row["created_at"]),
            .config_version = row["config_version"].as<std::int64_t>()};
}

}  // namespace winnow::pg
