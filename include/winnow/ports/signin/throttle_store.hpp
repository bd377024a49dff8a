#pragma once

/// @file
/// How often somebody was wrong of late, by the hash of what is counted.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/signin/throttle.hpp"

#include <string>

namespace winnow::ports {

/// Below it tries at tenants are counted that there are not: no tenant has this id.
[[nodiscard]] inline TenantId nobodys_tenant()
{
    return TenantId(Uuid::from_words(0xffff'ffff'ffff'ffff, 0xffff'ffff'ffff'ffff));
}

/// Not thread-safe: lives and dies with its transaction. Whoever locks several does it in this order: the tenant's
/// configuration (SettingsStore::lock_configuration), Throttled::network, all others.
class ThrottleStore {
public:
    ThrottleStore() = default;
    ThrottleStore(const ThrottleStore&) = delete;
    ThrottleStore& operator=(const ThrottleStore&) = delete;
    virtual ~ThrottleStore() = default;

    /// By the database's clock, which all nodes have in common. Not the transaction's beginning.
    [[nodiscard]] virtual Result<Timestamp> now() = 0;

    /// As it stands, to be looked at. @param subject  32 bytes.
    [[nodiscard]] virtual Result<signin::Throttle> seen(signin::Throttled kind, const std::string& subject) = 0;

    /// The same, and nobody else changes it until the transaction ends.
    [[nodiscard]] virtual Result<signin::Throttle> lock(signin::Throttled kind, const std::string& subject) = 0;

    /// Of a bucket that was locked. One that is as new takes no row.
    [[nodiscard]] virtual Result<Done> keep(signin::Throttled kind, const std::string& subject,
                                            const signin::Throttle& bucket, Timestamp now) = 0;
};

}  // namespace winnow::ports
