/// @file
/// What must be true of the database before a node may serve from it.

#include "app/node.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/pg/database_checks.hpp"
#include "winnow/pg/migrator.hpp"
#include "winnow/pg/tenant_keys.hpp"

#include <string>
#include <utility>
#include <vector>

namespace winnow::app {

Result<Done> check_database(const DatabaseConfig& database)
{
    const std::pair<const char*, const std::string&> urls[] = {{"database.pipeline_url", database.pipeline_url},
                                                               {"database.api_url", database.api_url},
                                                               {"database.provider_url", database.provider_url}};
    std::vector<FieldError> refused;
    std::string away;
    for (const auto& [name, url] : urls) {
        const auto entered = pg::check_login(url);
        if (entered) continue;
        const auto& why = entered.error();
        if (why.code() == ErrorCode::unavailable) {
            if (away.empty()) away = std::string(name) + ": " + why.message();
        } else {
            refused.push_back({.pointer = name, .detail = "cannot log in: " + why.message()});
        }
    }
    if (!refused.empty()) return Error(std::move(refused));
    if (!away.empty()) return Error(ErrorCode::unavailable, away);
    if (const auto bound = pg::check_isolation(database.api_url); !bound) {
        return field_error("database.api_url", bound.error().message() + "; log in as winnow_api");
    }
    for (const auto& [name, url] : urls) {
        if (url == database.pipeline_url) continue;
        const auto same = pg::check_same_database(database.pipeline_url, url);
        if (same) continue;
        if (same.error().code() != ErrorCode::conflict) {
            return Error(same.error().code(), std::string(name) + ": " + same.error().message());
        }
        refused.push_back(
            {.pointer = name,
             .detail = "and database.pipeline_url must reach the same tables: " + same.error().message()});
    }
    if (!refused.empty()) return Error(std::move(refused));
    if (auto schema = pg::check_schema(database.pipeline_url); !schema) return schema;
    const auto openings = pg::check_openings(database.pipeline_url);
    if (!openings) return openings.error();
    for (const auto& opening : *openings)
        observe::warn("the database is more open than it has to be", {{"in", opening}});
    auto durable = pg::check_durability(database.pipeline_url);
    if (durable || durable.error().code() != ErrorCode::conflict || !database.allow_unsafe_durability) return durable;
    observe::warn("this database may lose committed alerts; database.allow_unsafe_durability accepts that",
                  {{"reason", durable.error().message()}});
    return Done{};
}

Result<Done> check_region(const Config& config)
{
    const auto& region = config.node.data_region;
    const auto here = pg::check_region(config.database.provider_url, region);
    if (here || here.error().code() != ErrorCode::conflict) return here;
    return field_error("node.data_region", (region.empty() ? "says nothing" : "says " + region) +
                                               ", and the database is of another place: " + here.error().message() +
                                               ". This node serves nobody; let it run where they belong, or correct "
                                               "what it says");
}

Result<Done> check_vault(const Config& config)
{
    const auto& url = config.vault.url;
    if (url.empty()) return pg::check_needs_no_vault(config.database.pipeline_url);
    const auto named = [](const Error& why) {
        return field_error("vault.url", "cannot be used: " + why.message());
    };
    if (const auto entered = pg::check_login(url); !entered) {
        if (entered.error().code() != ErrorCode::unavailable) return named(entered.error());
        observe::warn("the vault is away: what is sealed under its keys waits until it is back",
                      {{"reason", entered.error().message()}});
        return Done{};
    }
    const auto schema = pg::check_schema(url, pg::embedded_vault_migrations());
    if (schema || schema.error().code() == ErrorCode::unavailable) return Done{};
    return named(schema.error());
}

}  // namespace winnow::app
