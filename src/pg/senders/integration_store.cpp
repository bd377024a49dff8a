#include "winnow/ports/integration_store.hpp"

#include "pg/credentials/dead_keys.hpp"
#include "pg/credentials/key_limits.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/narrowing.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/session/unique_write.hpp"

#include <map>
#include <memory>
#include <utility>

namespace winnow::pg {
namespace {

using ports::Integration;
using ports::IntegrationKey;
using ports::IntegrationKeyId;

constexpr auto kPage = R"sql(
select * from integrations
 where tenant_id = $1 and ($2::uuid is null or integration_id > $2::uuid)
   and ($3::uuid is null or integration_id = $3::uuid)
   and ($5::uuid[] is null or management_group_id is null or management_group_id = any($5::uuid[]))
 order by integration_id limit $4)sql";

constexpr auto kLiveKeys = R"sql(
select k.integration_id, k.key_id, k.hint, k.created_at, k.created_by, k.expires_at, u.used_at,
       array_to_string(k.networks, ' ') as networks
  from integration_keys k
  left join credential_use u on u.tenant_id = k.tenant_id and u.kind = 'integration' and u.credential_id = k.key_id
 where k.tenant_id = $1 and k.integration_id = any($2::uuid[]) and k.revoked_at is null
   and (k.expires_at is null or k.expires_at > now())
 order by k.key_id)sql";

// An end that was said before is not put off: whoever relies on it was told.
constexpr auto kEndKey = R"sql(
update integration_keys set expires_at = least(expires_at, $4)
 where tenant_id = $1 and integration_id = $2 and key_id = $3 and revoked_at is null
   and (expires_at is null or expires_at > now())
returning key_id)sql";

constexpr auto kRevokeKey = R"sql(
update integration_keys set revoked_at = now()
 where tenant_id = $1 and integration_id = $2 and key_id = $3 and revoked_at is null
   and (expires_at is null or expires_at > now())
returning key_id)sql";

// As many at once as one request may take, where more have gathered.
constexpr auto kForgetKeys = R"sql(
delete from integration_keys
 where tenant_id = $1
   and key_id = any(array(select key_id from integration_keys
                              where tenant_id = $1 and integration_id = $2 and least(revoked_at, expires_at) <= now()
                              order by least(revoked_at, expires_at) desc, key_id desc offset $3 limit 1000)))sql";

Integration read_integration(const pqxx::row& row)
{
    Integration integration;
    integration.id = id_of<IntegrationId>(row["integration_id"]);
    integration.name = text_of(row["name"]);
    integration.description = text_of(row["description"]);
    integration.enabled = row["enabled"].as<bool>();
    integration.group = optional_id_of<ManagementGroupId>(row["management_group_id"]);
    integration.version = row["version"].as<std::int64_t>();
    integration.created_at = time_of(row["created_at"]);
    integration.updated_at = time_of(row["updated_at"]);
    return integration;
}

IntegrationKey read_key(const pqxx::row& row)
{
    return {.id = id_of<IntegrationKeyId>(row["key_id"]),
            .hint = text_of(row["hint"]),
            .networks = networks_of(row["networks"]),
            .created_at = time_of(row["created_at"]),
            .created_by = text_of(row["created_by"]),
            .expires_at = optional_time_of(row["expires_at"]),
            .last_used = optional_time_of(row["used_at"])};
}

class PgIntegrationStore final : public ports::IntegrationStore {
public:
    PgIntegrationStore(pqxx::transaction_base& tx, TenantId tenant, access::Groups groups)
        : tx_(tx), tenant_(tenant), groups_(std::move(groups))
    {
    }

    Result<std::vector<Integration>> page(std::optional<IntegrationId> after, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<Integration>> { return load(after, std::nullopt, limit); });
    }

    Result<Integration> find(IntegrationId id) override
    {
        return translated([&]() -> Result<Integration> {
            auto found = load(std::nullopt, id, 1);
            if (found.empty()) return Error(ErrorCode::not_found, "there is no such integration");
            return std::move(found.front());
        });
    }

    Result<Done> insert(const Integration& integration) override
    {
        return unless_taken("integrations_tenant_id_name_key", taken(integration), [&] {
            query(
                tx_,
                "insert into integrations (tenant_id, integration_id, name, description, enabled, version, created_at,"
                " updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
                tenant_, integration.id, integration.name, integration.description, integration.enabled,
                integration.version, integration.created_at, integration.updated_at);
        });
    }

    Result<Done> update(const Integration& integration) override
    {
        return unless_taken("integrations_tenant_id_name_key", taken(integration), [&] {
            query(tx_,
                  "update integrations set name = $3, description = $4, enabled = $5, version = $6, updated_at = $7"
                  " where tenant_id = $1 and integration_id = $2",
                  tenant_, integration.id, integration.name, integration.description, integration.enabled,
                  integration.version, integration.updated_at);
        });
    }

    Result<Done> remove(IntegrationId id) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, "delete from integrations where tenant_id = $1 and integration_id = $2", tenant_, id);
            return Done{};
        });
    }

    Result<Done> add_key(IntegrationId integration, const IntegrationKey& key, const std::string& secret_hash) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_,
                  "insert into integration_keys (tenant_id, key_id, integration_id, secret_hash, hint, created_at,"
                  " networks, created_by) values ($1, $2, $3, $4, $5, $6, $7::cidr[], nullif($8, ''))",
                  tenant_, key.id, integration, Bytes{secret_hash}, key.hint, key.created_at,
                  networks_literal(key.networks), key.created_by);
            query(tx_, kForgetKeys, tenant_, integration, kDeadKeysKept);
            return Done{};
        });
    }

    Result<Done> end_key(IntegrationId integration, IntegrationKeyId key, Timestamp at) override
    {
        return translated([&] { return found(query(tx_, kEndKey, tenant_, integration, key, at)); });
    }

    Result<Done> revoke_key(IntegrationId integration, IntegrationKeyId key) override
    {
        return translated([&] { return found(query(tx_, kRevokeKey, tenant_, integration, key)); });
    }

private:
    static Result<Done> found(const pqxx::result& keys)
    {
        if (keys.empty()) return Error(ErrorCode::not_found, "there is no such key");
        return Done{};
    }

    static std::string taken(const Integration& integration)
    {
        return "another integration is already called \"" + integration.name + '"';
    }

    std::vector<Integration> load(std::optional<IntegrationId> after, std::optional<IntegrationId> only,
                                  std::size_t limit)
    {
        std::vector<Integration> integrations;
        std::vector<IntegrationId> ids;
        for (const auto& row : query(tx_, kPage, tenant_, after, only, limit, narrowed_to(groups_))) {
            integrations.push_back(read_integration(row));
            ids.push_back(integrations.back().id);
        }
        std::map<IntegrationId, std::vector<IntegrationKey>> keys;
        for (const auto& row : query(tx_, kLiveKeys, tenant_, array_of(ids))) {
            keys[id_of<IntegrationId>(row["integration_id"])].push_back(read_key(row));
        }
        for (auto& integration : integrations) integration.keys = std::move(keys[integration.id]);
        return integrations;
    }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
    access::Groups groups_;
};

}  // namespace

std::shared_ptr<ports::IntegrationStore> make_integration_store(pqxx::transaction_base& tx, TenantId tenant,
                                                                access::Groups groups)
{
    return std::make_shared<PgIntegrationStore>(tx, tenant, std::move(groups));
}

}  // namespace winnow::pg
