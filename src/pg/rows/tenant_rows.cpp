#include "pg/rows/tenant_rows.hpp"

#include "pg/rows/values.hpp"

#include <nlohmann/json.hpp>

namespace winnow::pg {

namespace {

using nlohmann::json;

std::optional<std::int64_t> number_of(const json& object, const char* name)
{
    const auto found = object.find(name);
    if (found == object.end() || !found->is_number_integer()) return std::nullopt;
    const auto number = found->get<std::int64_t>();
    if (number < 0 || number > domain::kMostRate) return std::nullopt;
    return number;
}

}  // namespace

domain::RateOverrides read_rates(const char* text)
{
    domain::RateOverrides rates;
    const auto stored = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!stored.is_object()) return rates;
    for (const auto& [kind, word] : domain::kRateTable) {
        const auto found = stored.find(word);
        if (found == stored.end() || !found->is_object()) continue;
        rates.of(kind) = {.rate = number_of(*found, "rate"), .burst = number_of(*found, "burst")};
    }
    return rates;
}

std::string rates_json(const domain::RateOverrides& rates)
{
    auto stored = json::object();
    for (const auto& [kind, word] : domain::kRateTable) {
        const auto& [rate, burst] = rates.of(kind);
        if (rate) stored[std::string(word)]["rate"] = *rate;
        if (burst) stored[std::string(word)]["burst"] = *burst;
    }
    return stored.dump();
}

domain::Tenant read_tenant(const pqxx::row& row)
{
    // A state that a later program has made is none in which anybody works.
    const auto state = domain::parse_tenant_state(text_of(row["state"])).value_or(domain::TenantState::suspended);
    return {.id = id_of<TenantId>(row["tenant_id"]),
            .service_code = text_of(row["service_code"]),
            .name = text_of(row["name"]),
            .suspended = state == domain::TenantState::suspended,
            .created_at = time_of(row["created_at"]),
            .config_version = row["config_version"].as<std::int64_t>(),
            .rates = read_rates(row["rates"].c_str()),
            .state = state,
            .closed_at = optional_time_of(row["closed_at"]),
            .export_until = optional_time_of(row["export_until"]),
            .data_region = text_of(row["data_region"])};
}

}  // namespace winnow::pg
