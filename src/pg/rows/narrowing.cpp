#include "pg/rows/narrowing.hpp"

#include "pg/rows/values.hpp"

namespace winnow::pg {

namespace {

std::string ticket_sql(std::string_view table, std::size_t place, std::string_view of_none)
{
    const auto groups = "$" + std::to_string(place) + "::uuid[]";
    const auto column = [&](std::string_view name) {
        return std::string(table).append(".").append(name);
    };
    return "(" + groups + " is null or " + column("management_group_id") + " = any(" + groups + ") or (" +
           column("management_group_id") + " is null and " + column("integration_id") +
           " in (select n.integration_id from integrations n where n.tenant_id = $1 and (" + std::string(of_none) +
           "n.management_group_id = any(" + groups + ")))))";
}

}  // namespace

std::optional<std::string> narrowed_to(const access::Groups& groups)
{
    if (!groups) return std::nullopt;
    return access::said(groups);
}

access::Groups groups_of(const pqxx::field& column)
{
    if (column.is_null()) return nullptr;
    return access::groups_of(ids_of<ManagementGroupId>(column));
}

std::string seen_ticket_sql(std::string_view table, std::size_t place)
{
    return ticket_sql(table, place, "n.management_group_id is null or ");
}

std::string own_ticket_sql(std::string_view table, std::size_t place)
{
    return ticket_sql(table, place, "");
}

std::string of_seen_ticket_sql(std::string_view table, std::size_t place)
{
    const std::string name(table);
    return "($" + std::to_string(place) + "::uuid[] is null or (select true from tickets k where k.tenant_id = $1" +
           " and k.ticket_id = " + name + ".ticket_id and " + seen_ticket_sql("k", place) + " limit 1) is not null)";
}

}  // namespace winnow::pg
