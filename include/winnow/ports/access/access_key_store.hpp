#pragma once

/// @file
/// Access keys, by whose secrets requests of the compatibility API are signed, inside one tenant's transaction.

#include "winnow/base/network.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/tenants/sealed.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {

using AccessKeyId = StrongId<struct AccessKeyTag>;

/// Whose access keys: of a user, or of an integration; exactly one is set.
struct AccessKeyOwner {
    std::optional<UserId> user = {};
    std::optional<IntegrationId> integration = {};
};

/// A live key (neither revoked nor expired) as it can be shown: without its secret.
struct AccessKey {
    AccessKeyId id;
    std::string access_key;  ///< What requests name: 20 letters and digits. No secret.
    AccessKeyOwner owner;
    std::string name;
    std::optional<std::vector<Network>> networks = {};  ///< Where it may be used; nullopt: everywhere.
    Timestamp created_at;
    std::string created_by;  ///< access::Principal::actor().
    Timestamp expires_at;
    std::optional<Timestamp> last_used = {};  ///< To the minute; read only.
};

/// What a secret that is sealed in format 1 is bound to, so that it opens nowhere else.
[[nodiscard]] inline std::string access_key_context(TenantId tenant, AccessKeyId key)
{
    return "access_key:" + tenant.str() + ":" + key.str();
}

/// Where a sealed secret is stored, and what it is for.
[[nodiscard]] inline domain::SealedPlace access_key_place(TenantId tenant, AccessKeyId key)
{
    return {.tenant = tenant,
            .kind = domain::SecretKind::access_key,
            .table = "access_keys",
            .column = "sealed_secret",
            .row = key.str(),
            .before = access_key_context(tenant, key)};
}

/// Lists go by id, which is by age. Not thread-safe: lives and dies with its transaction. Writers hold
/// SettingsStore::lock_configuration().
class AccessKeyStore {
public:
    AccessKeyStore() = default;
    AccessKeyStore(const AccessKeyStore&) = delete;
    AccessKeyStore& operator=(const AccessKeyStore&) = delete;
    virtual ~AccessKeyStore() = default;

    /// Live ones of one owner.
    [[nodiscard]] virtual Result<std::vector<AccessKey>> page(const AccessKeyOwner& owner,
                                                              std::optional<AccessKeyId> after, std::size_t limit) = 0;
    /// `not_found` where the tenant has no such live key.
    [[nodiscard]] virtual Result<AccessKey> find(AccessKeyId id) = 0;
    [[nodiscard]] virtual Result<std::size_t> count(const AccessKeyOwner& owner) = 0;
    /// Of the owner's keys that are over only the newest hundred stay remembered.
    /// @param sealed_secret  By ports::Sealing, in its access_key_place().
    [[nodiscard]] virtual Result<Done> add(const AccessKey& key, const std::string& sealed_secret) = 0;
    [[nodiscard]] virtual Result<Done> revoke(AccessKeyId id) = 0;
    /// All of the user's.
    [[nodiscard]] virtual Result<Done> revoke_of(UserId user) = 0;
};

}  // namespace winnow::ports
