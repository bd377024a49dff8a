#include "winnow/ports/access/access_key_store.hpp"

#include "pg/credentials/dead_keys.hpp"
#include "pg/credentials/key_limits.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"

#include <memory>

namespace winnow::pg {
namespace {

using ports::AccessKey;
using ports::AccessKeyId;
using ports::AccessKeyOwner;

constexpr auto kKeys = R"sql(
select k.access_key_id, k.access_key, k.user_id, k.integration_id, k.name, k.created_at, k.created_by, k.expires_at,
       u.used_at, array_to_string(k.networks, ' ') as networks
  from access_keys k
  left join credential_use u on u.tenant_id = k.tenant_id and u.kind = 'access' and u.credential_id = k.access_key_id
 where k.tenant_id = $1 and k.revoked_at is null and k.expires_at > now()
   and ($2::uuid is null or k.user_id = $2::uuid)
   and ($3::uuid is null or k.integration_id = $3::uuid)
   and ($4::uuid is null or k.access_key_id > $4::uuid)
   and ($5::uuid is null or k.access_key_id = $5::uuid)
 order by k.access_key_id limit $6)sql";

constexpr auto kCount = R"sql(
select count(*) from access_keys
 where tenant_id = $1 and revoked_at is null and expires_at > now()
   and ($2::uuid is null or user_id = $2::uuid) and ($3::uuid is null or integration_id = $3::uuid))sql";

constexpr auto kAdd = R"sql(
insert into access_keys (tenant_id, access_key_id, access_key, user_id, integration_id, name, sealed_secret, networks,
                         created_at, created_by, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8::cidr[], $9, $10, $11))sql";

// As many at once as one request may take, where more have gathered.
constexpr auto kForget = R"sql(
delete from access_keys
 where tenant_id = $1
   and access_key_id = any(array(select access_key_id from access_keys
                                  where tenant_id = $1
                                    and ($2::uuid is null or user_id = $2::uuid)
                                    and ($3::uuid is null or integration_id = $3::uuid)
                                    and least(revoked_at, expires_at) <= now()
                                  order by least(revoked_at, expires_at) desc, access_key_id desc
                                 offset $4 limit 1000)))sql";

AccessKey read_key(const pqxx::row& row)
{
    AccessKey key;
    key.id = id_of<AccessKeyId>(row["access_key_id"]);
    key.access_key = text_of(row["access_key"]);
    key.owner = {.user = optional_id_of<UserId>(row["user_id"]),
                 .integration = optional_id_of<IntegrationId>(row["integration_id"])};
    key.name = text_of(row["name"]);
    key.networks = networks_of(row["networks"]);
    key.created_at = time_of(row["created_at"]);
    key.created_by = text_of(row["created_by"]);
    key.expires_at = time_of(row["expires_at"]);
    key.last_used = optional_time_of(row["used_at"]);
    return key;
}

class PgAccessKeyStore final : public ports::AccessKeyStore {
public:
    PgAccessKeyStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<std::vector<AccessKey>> page(const AccessKeyOwner& owner, std::optional<AccessKeyId> after,
                                        std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<AccessKey>> {
            std::vector<AccessKey> keys;
            for (const auto& row : query(tx_, kKeys, tenant_, owner.user, owner.integration, after, nullptr, limit)) {
                keys.push_back(read_key(row));
            }
            return keys;
        });
    }

    Result<AccessKey> find(AccessKeyId id) override
    {
        return translated([&]() -> Result<AccessKey> {
            const auto rows = query(tx_, kKeys, tenant_, nullptr, nullptr, nullptr, id, 1);
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such access key");
            return read_key(rows.front());
        });
    }

    Result<std::size_t> count(const AccessKeyOwner& owner) override
    {
        return translated([&]() -> Result<std::size_t> {
            return query(tx_, kCount, tenant_, owner.user, owner.integration).front()[0].as<std::size_t>();
        });
    }

    Result<Done> add(const AccessKey& key, const std::string& sealed_secret) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, kAdd, tenant_, key.id, key.access_key, key.owner.user, key.owner.integration, key.name,
                  Bytes{sealed_secret}, networks_literal(key.networks), key.created_at, key.created_by, key.expires_at);
            query(tx_, kForget, tenant_, key.owner.user, key.owner.integration, kDeadKeysKept);
            return Done{};
        });
    }

    Result<Done> revoke(AccessKeyId id) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_,
                  "update access_keys set revoked_at = now()"
                  " where tenant_id = $1 and access_key_id = $2 and revoked_at is null",
                  tenant_, id);
            return Done{};
        });
    }

    Result<Done> revoke_of(UserId user) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_,
                  "update access_keys set revoked_at = now()"
                  " where tenant_id = $1 and user_id = $2 and revoked_at is null",
                  tenant_, user);
            return Done{};
        });
    }

private:
    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::AccessKeyStore> make_access_key_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgAccessKeyStore>(tx, tenant);
}

}  // namespace winnow::pg
