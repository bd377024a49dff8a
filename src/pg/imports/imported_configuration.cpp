#include "pg/imports/imported_configuration.hpp"

#include "pg/session/noun_stores.hpp"
#include "winnow/ports/contact_store.hpp"
#include "winnow/ports/inhibition_store.hpp"
#include "winnow/ports/maintenance_store.hpp"
#include "winnow/ports/rule_store.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/silence_store.hpp"
#include "winnow/ports/tenants/management_group_store.hpp"
#include "winnow/rules/cost.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::pg {

namespace {

constexpr std::size_t kAll = 1'000'000;

Error unreadable(std::string_view what, std::string_view why)
{
    return {ErrorCode::invalid_argument,
            std::string(what).append(" cannot be read as they are in the archive (").append(why) + "): export again"};
}

/// What it reads; an error that names it where it is no configuration.
template <typename Read>
auto read(std::string_view what, Read reading) -> decltype(reading())
{
    try {
        auto found = reading();
        if (!found && found.error().code() != ErrorCode::unavailable && found.error().code() != ErrorCode::timeout)
            return unreadable(what, found.error().message());
        return found;
    } catch (const nlohmann::json::exception& wrong) {
        return unreadable(what, wrong.what());
    }
}

}  // namespace

Result<Done> can_be_read(pqxx::transaction_base& tx, TenantId tenant, const domain::TenantLimits& limits)
{
    const auto contacts = make_contact_store(tx, tenant);
    const auto settings = read("settings", [&] { return make_settings_store(tx, tenant)->load(); });
    if (!settings) return settings.error();
    const auto told = read("contacts", [&] { return contacts->page(std::nullopt, kAll); });
    if (!told) return told.error();
    const auto groups = read("contact groups", [&] { return contacts->page_groups(std::nullopt, kAll); });
    if (!groups) return groups.error();
    const auto silences = read("silences", [&] { return make_silence_store(tx, tenant)->in_force(); });
    if (!silences) return silences.error();
    const auto windows = read("maintenance windows", [&] { return make_maintenance_store(tx, tenant)->all(); });
    if (!windows) return windows.error();
    const auto inhibitions = read("inhibitions", [&] { return make_inhibition_store(tx, tenant)->all(); });
    if (!inhibitions) return inhibitions.error();
    const auto managed =
        read("management groups", [&] { return make_management_group_store(tx, tenant)->page(std::nullopt, kAll); });
    if (!managed) return managed.error();
    const auto rules = read("rules", [&] { return make_rule_store(tx, tenant)->all(); });
    if (!rules) return rules.error();
    rules::Cost cost;
    for (const auto& rule : *rules) cost += rules::cost_of(rule);
    if (const auto may = rules::check_cost(cost, limits); !may)
        return Error(ErrorCode::invalid_argument, may.error().message());
    return Done{};
}

}  // namespace winnow::pg
