#include "pg/imports/import_rows.hpp"

#include "pg/imports/imported_tables.hpp"
#include "pg/rows/values.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace winnow::pg {

namespace {

using nlohmann::json;

constexpr auto kHasAlerts = "select exists (select from journal where tenant_id = $1)";

// Not told by the version of the configuration.
constexpr std::array<std::string_view, 2> kOfNoConfiguration{"integrations", "scim_tokens"};

}  // namespace

std::vector<domain::ImportFault> read_faults(std::string_view json_text)
{
    std::vector<domain::ImportFault> faults;
    for (const auto& each : json::parse(json_text)) {
        faults.push_back({.file = each.value("file", ""),
                          .line = each.value("line", std::int64_t{0}),
                          .field = each.value("field", ""),
                          .detail = each.value("detail", "")});
    }
    return faults;
}

std::string faults_json(const std::vector<domain::ImportFault>& faults)
{
    auto list = json::array();
    for (const auto& [file, line, field, detail] : faults) {
        list.push_back({{"file", file}, {"line", line}, {"field", field}, {"detail", detail}});
    }
    return list.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string array_of_lines(std::span<const std::string> lines)
{
    std::string all = "[";
    for (const auto& line : lines) {
        if (all.size() > 1) all += ',';
        all += line;
    }
    return all + ']';
}

std::string first_in_the_way(pqxx::transaction_base& tx, TenantId tenant)
{
    for (const auto& table : imported_tables()) {
        if (table.as != ImportedAs::fresh) continue;
        const auto sql = std::string("select exists (select from ").append(table.resource) + " where tenant_id = $1)";
        if (query(tx, sql.c_str(), tenant)[0][0].as<bool>()) return std::string(table.resource);
    }
    return query(tx, kHasAlerts, tenant)[0][0].as<bool>() ? "alerts" : "";
}

std::string first_of_others(pqxx::transaction_base& tx, TenantId tenant)
{
    for (const auto table : kOfNoConfiguration) {
        const auto sql = std::string("select exists (select from ").append(table) +
                         " where tenant_id = $1 and xmin <> pg_current_xact_id()::xid)";
        if (query(tx, sql.c_str(), tenant)[0][0].as<bool>()) return std::string(table);
    }
    return {};
}

std::string in_the_way_of_import(std::string_view what)
{
    return std::string("an archive is imported into an empty tenant only, and this one has ").append(what) +
           ": ask your provider for a new one";
}

}  // namespace winnow::pg
