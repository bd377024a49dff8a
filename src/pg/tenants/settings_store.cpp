#include "winnow/ports/settings_store.hpp"

#include "pg/credentials/key_limits.hpp"
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

#define WINNOW_PLACES                                                                    \
    " array_to_string(s.users, ' ') as users, array_to_string(s.admins, ' ') as admins," \
    " array_to_string(s.keys, ' ') as keys, s.revert_at "

constexpr auto kPlaces = "select" WINNOW_PLACES "from source_networks s where s.tenant_id = $1";

// While they are on trial, what was last kept stays what it was.
constexpr auto kTryPlaces = R"sql(
insert into source_networks as s (tenant_id, users, admins, keys, old_users, old_admins, old_keys, revert_at)
values ($1, $2::cidr[], $3::cidr[], $4::cidr[], '{}', '{}', '{}', now() + $5::int8 * interval '1 millisecond')
on conflict (tenant_id) do update
   set old_users = coalesce(s.old_users, s.users), old_admins = coalesce(s.old_admins, s.admins),
       old_keys = coalesce(s.old_keys, s.keys), users = excluded.users, admins = excluded.admins, keys = excluded.keys,
       revert_at = excluded.revert_at
returning)sql" WINNOW_PLACES;

#undef WINNOW_PLACES

constexpr auto kKeepPlaces = R"sql(
update source_networks set old_users = null, old_admins = null, old_keys = null, revert_at = null
 where tenant_id = $1 and revert_at > now()
)sql";

ports::PlacesInForce read_places(const pqxx::row& row)
{
    return {.lists = places_of(row["users"], row["admins"], row["keys"]),
            .revert_at = optional_time_of(row["revert_at"])};
}

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

    Result<ports::PlacesInForce> places() override
    {
        return translated([&]() -> Result<ports::PlacesInForce> {
            const auto rows = query(tx_, kPlaces, tenant_);
            return rows.empty() ? ports::PlacesInForce() : read_places(rows.front());
        });
    }

    Result<ports::PlacesInForce> try_places(const access::SourceNetworks& lists,
                                            std::chrono::milliseconds trial) override
    {
        return translated([&]() -> Result<ports::PlacesInForce> {
            Arguments arguments;
            arguments.add(tenant_);
            for (const auto* const list : {&lists.users, &lists.admins, &lists.keys}) {
                arguments.add(networks_literal(*list));
            }
            arguments.add(trial.count());
            return read_places(query(tx_, kTryPlaces, arguments).front());
        });
    }

    Result<bool> keep_places() override
    {
        return translated([&]() -> Result<bool> { return query(tx_, kKeepPlaces, tenant_).affected_rows() > 0; });
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
