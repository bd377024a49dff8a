#include "winnow/ports/settings_store.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <memory>

namespace winnow::pg {
namespace {

using domain::Kept;
using domain::Retention;
using domain::Settings;

// Not `for update`: that would also hold up every insert that refers to the tenant, triage's among them.
constexpr auto kLock = "select config_version from tenants where tenant_id = $1 for no key update";

constexpr auto kUpsert = R"sql(
insert into tenant_settings as s (tenant_id, reopen_window_ms, close_approval, journal_retention_days, version,
                                  retention_days)
values ($1, $2, $3, $4, $5, $6::jsonb)
on conflict (tenant_id) do update
   set reopen_window_ms = excluded.reopen_window_ms, close_approval = excluded.close_approval,
       journal_retention_days = excluded.journal_retention_days, version = excluded.version, updated_at = now(),
       retention_days = excluded.retention_days)sql";

constexpr auto kInsertRoute = R"sql(
insert into default_route (tenant_id, contact_group_id, ordinal)
select $1::uuid, r.contact_group_id, r.ordinal from unnest($2::uuid[]) with ordinality as r(contact_group_id, ordinal))sql";

/// The journal's has a column of its own.
Retention read_retention(const pqxx::row& row)
{
    const auto stored = nlohmann::json::parse(row["retention_days"].c_str());
    Retention retention;
    for (const auto& each : domain::kKeptTable) {
        const auto found = stored.find(each.word);
        if (found != stored.end()) retention.choose(each.kept, std::chrono::days(found->get<std::int32_t>()));
    }
    retention.choose(Kept::journal, std::chrono::days(row["journal_retention_days"].as<std::int32_t>()));
    return retention;
}

/// What the tenant has chosen: the others go with what is usual.
std::string retention_json(const Retention& retention)
{
    auto stored = nlohmann::json::object();
    for (const auto& each : domain::kKeptTable) {
        const auto& days = retention.chosen(each.kept);
        if (days && each.kept != Kept::journal) stored[std::string(each.word)] = days->count();
    }
    return stored.dump();
}

class PgSettingsStore final : public ports::SettingsStore {
public:
    PgSettingsStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<std::int64_t> lock_configuration() override { return version_by(kLock); }

    Result<Settings> load() override
    {
        return translated([&]() -> Result<Settings> {
            Settings settings;
            const auto rows = query(tx_, "select * from tenant_settings where tenant_id = $1", tenant_);
            if (!rows.empty()) {
                const auto row = rows.front();
                settings.reopen_window = std::chrono::milliseconds(row["reopen_window_ms"].as<std::int64_t>());
                settings.close_approval = row["close_approval"].as<bool>();
                settings.retention = read_retention(row);
                settings.version = row["version"].as<std::int64_t>();
            }
            const auto groups =
                query(tx_, "select contact_group_id from default_route where tenant_id = $1 order by ordinal", tenant_);
            for (const auto& row : groups) settings.default_route.push_back(id_of<ContactGroupId>(row[0]));
            return settings;
        });
    }

    Result<Done> save(const Settings& settings) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, kUpsert, tenant_, settings.reopen_window.count(), settings.close_approval,
                  settings.retention.of(Kept::journal).count(), settings.version, retention_json(settings.retention));
            query(tx_, "delete from default_route where tenant_id = $1", tenant_);
            query(tx_, kInsertRoute, tenant_, array_of(settings.default_route));
            return Done{};
        });
    }

private:
    Result<std::int64_t> version_by(const char* statement)
    {
        return translated([&]() -> Result<std::int64_t> {
            const auto rows = query(tx_, statement, tenant_);
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such tenant");
            return rows.front()[0].as<std::int64_t>();
        });
    }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::SettingsStore> make_settings_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgSettingsStore>(tx, tenant);
}

}  // namespace winnow::pg
