#pragma once

/// @file
/// Integrations (who may send alerts) and their keys, inside one tenant's transaction.

#include "winnow/base/network.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {

using IntegrationKeyId = StrongId<struct IntegrationKeyTag>;

/// A live key as it can be shown: without its secret.
struct IntegrationKey {
    IntegrationKeyId id;
    std::string hint;                                   ///< The secret's first characters.
    std::optional<std::vector<Network>> networks = {};  ///< Where it may be used; nullopt: everywhere.
    Timestamp created_at;
    std::string created_by = {};               ///< access::Principal::actor(); "": nobody knows.
    std::optional<Timestamp> expires_at = {};  ///< Nobody is let in by it from then on. Written by end_key() only.
    std::optional<Timestamp> last_used = {};   ///< To the minute; read only.
};

struct Integration {
    IntegrationId id;
    std::string name;
    std::string description;
    bool enabled = true;
    std::optional<ManagementGroupId> group = {};  ///< Written by ManagementGroupStore only; nullopt: none.
    /// Live ones, oldest first. Written by add_key(), end_key() and revoke_key() only.
    std::vector<IntegrationKey> keys;
    std::int64_t version = 1;
    Timestamp created_at;
    Timestamp updated_at;
};

/// Lists go by id, which is by age. Not thread-safe: lives and dies with its transaction. Writers hold
/// SettingsStore::lock_configuration().
class IntegrationStore {
public:
    IntegrationStore() = default;
    IntegrationStore(const IntegrationStore&) = delete;
    IntegrationStore& operator=(const IntegrationStore&) = delete;
    virtual ~IntegrationStore() = default;

    /// Of a caller who is narrowed to management groups those of other groups are not there.
    [[nodiscard]] virtual Result<std::vector<Integration>> page(std::optional<IntegrationId> after,
                                                                std::size_t limit) = 0;
    /// `not_found` where the tenant has no such integration.
    [[nodiscard]] virtual Result<Integration> find(IntegrationId id) = 0;
    /// `conflict` where another integration has the name.
    [[nodiscard]] virtual Result<Done> insert(const Integration& integration) = 0;
    [[nodiscard]] virtual Result<Done> update(const Integration& integration) = 0;
    /// With its keys.
    [[nodiscard]] virtual Result<Done> remove(IntegrationId id) = 0;

    /// Of the integration's keys that are over only the newest hundred stay remembered.
    /// @param secret_hash  SHA-256, 32 bytes.
    [[nodiscard]] virtual Result<Done> add_key(IntegrationId integration, const IntegrationKey& key,
                                               const std::string& secret_hash) = 0;
    /// It ends then, or earlier where that was said before. `not_found` as below.
    [[nodiscard]] virtual Result<Done> end_key(IntegrationId integration, IntegrationKeyId key, Timestamp at) = 0;
    /// `not_found` where the integration has no such live key.
    [[nodiscard]] virtual Result<Done> revoke_key(IntegrationId integration, IntegrationKeyId key) = 0;
};

}  // namespace winnow::ports
